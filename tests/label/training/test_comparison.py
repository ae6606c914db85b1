"""The comparison, its sentence, and the learning curve."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.evaluation.counts import FrameCounts
from irpoint.label.training.comparison import compared, in_words
from irpoint.label.training.growth import Sizes, growth


def _counts(rows: list[tuple[int, int, int]]) -> list[FrameCounts]:
    return [
        FrameCounts(f"{k}", "", 100, tp, fp, fn, np.zeros((tp, 2)))
        for k, (tp, fp, fn) in enumerate(rows)
    ]


def _found(share: float, frames: int = 60, seed: int = 0) -> list[FrameCounts]:
    """Two targets per frame, of which a share is found, at random."""
    found = np.random.default_rng(seed).binomial(2, share, frames)
    return _counts([(int(tp), 0, 2 - int(tp)) for tp in found])


def _names(count: int) -> list[str]:
    return [str(k) for k in range(count)]


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ((6.2, 1.8, 11.4), "Better by 6 points (2 to 11)."),
        ((-6.2, -11.4, -1.8), "Worse by 6 points (2 to 11)."),
        (
            (1.4, -3.2, 5.8),
            "No difference can be seen: between 3 points worse and 6 points better.",
        ),
        ((2.0, 0.0, 7.0), "No difference can be seen: between 0 points worse and 7 points better."),
        ((0.0, 0.0, 0.0), "No difference can be seen."),
        ((0.3, 0.1, 0.6), "Better by 0.3 points (0.1 to 0.6)."),
    ],
)
def test_a_difference_in_words(numbers: tuple[float, float, float], sentence: str) -> None:
    assert in_words(*numbers) == sentence


def test_models_that_find_the_same_cannot_be_told_apart() -> None:
    counts = _found(0.5)
    result = compared(counts, counts, _names(60))
    assert (result.verdict, result.difference, result.low, result.high) == ("same", 0, 0, 0)
    assert (result.before, result.frames, result.targets) == (result.after, 60, 120)


def test_a_clear_difference_has_a_verdict_in_both_directions() -> None:
    weak, strong = _found(0.3), _found(0.9, seed=1)
    better, worse = (compared(*pair, _names(60)) for pair in ((weak, strong), (strong, weak)))
    assert (better.verdict, worse.verdict) == ("better", "worse")
    assert 20 < better.low < better.difference < better.high
    assert better.difference == pytest.approx(100 * (better.after.f1 - better.before.f1))


def test_frames_of_one_scene_count_as_one_observation() -> None:
    weak, strong = _found(0.5), _found(0.65, seed=1)
    alone = compared(weak, strong, _names(60))
    together = compared(weak, strong, [str(k // 10) for k in range(60)])
    assert together.difference == alone.difference
    # The same six scenes ten times over say no more than once.
    six = compared(weak[:6] * 10, strong[:6] * 10, _names(6) * 10)
    once = compared(weak[:6], strong[:6], _names(6))
    assert (six.low, six.high) == pytest.approx((once.low, once.high))


def test_a_curve_that_rises_is_extrapolated() -> None:
    half, whole = _found(0.3, 400), _found(0.6, 400, seed=1)
    found = growth(half, whole, _names(400), Sizes(10, 20, 20), 55)
    # The error falls from 0.54 to 0.25, a factor of 2.2, and so from 0.25 to 0.11.
    assert found.gain == pytest.approx(13, abs=4)
    assert 0 < found.low < found.gain < found.high
    assert found.sentence.startswith(
        "More labels are likely to pay: 20 more frames (about 55 clicks)"
    )


def test_a_curve_within_chance_tells_nothing() -> None:
    half, whole = _found(0.55, 15), _found(0.6, 15, seed=1)
    found = growth(half, whole, _names(15), Sizes(5, 10, 15), 30)
    assert found.low < 0 < found.high
    assert found.sentence.startswith("Whether more labels pay cannot be told yet: 15 more frames")


def test_a_flat_curve_says_that_labels_hardly_pay() -> None:
    perfect = _found(1.0, 40)
    found = growth(perfect, perfect, _names(40), Sizes(10, 20, 30), 80)
    assert found.sentence.startswith("More labels like these hardly pay")
