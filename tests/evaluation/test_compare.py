"""Two models on the same images."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.errors import EvaluationError
from irpoint.evaluation import Evaluation
from irpoint.evaluation.compare import compare
from irpoint.evaluation.counts import FrameCounts


def evaluation(counts: list[tuple[int, int, int]]) -> Evaluation:
    frames = tuple(
        FrameCounts(str(k), "made", 100, tp, fp, fn, np.zeros((tp, 2)))
        for k, (tp, fp, fn) in enumerate(counts)
    )
    return Evaluation(frames, "point", 5.0, None)


def random_counts(seed: int, skill: float, images: int = 150) -> list[tuple[int, int, int]]:
    rng = np.random.default_rng(seed)
    found = rng.binomial(2, skill, images)
    return [(int(f), int(rng.random() < 0.1), 2 - int(f)) for f in found]


def test_a_model_against_itself_is_no_different() -> None:
    own = evaluation(random_counts(0, 0.8))
    found = compare(own, own)
    assert found.difference == 0
    assert found.interval_95 == (0, 0)
    assert found.p_value == 1


def test_a_clear_difference_is_significant_and_changes_sign_with_the_order() -> None:
    good, bad = evaluation(random_counts(1, 0.9)), evaluation(random_counts(2, 0.6))
    found, turned = compare(good, bad), compare(bad, good)
    assert found.difference > 0.1
    assert found.interval_95[0] > 0
    assert found.p_value < 0.001
    assert turned.difference == pytest.approx(-found.difference)


def test_p_values_of_equal_models_are_uniform() -> None:
    values = [
        compare(
            evaluation(random_counts(2 * k, 0.8, 60)),
            evaluation(random_counts(2 * k + 1, 0.8, 60)),
            samples=400,
        ).p_value
        for k in range(200)
    ]
    assert np.mean(np.array(values) < 0.05) < 0.1
    assert np.mean(np.array(values) < 0.5) == pytest.approx(0.5, abs=0.12)


def test_other_images_are_refused() -> None:
    with pytest.raises(EvaluationError, match="different images"):
        compare(evaluation([(1, 0, 0)]), evaluation([(1, 0, 0), (1, 0, 0)]))
