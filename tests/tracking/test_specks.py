"""Specks: dim targets whose light is spread over a few pixels."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.tracking.specks import SpeckFinder, Specks
from support.moving import SHAPE, noisy, speck

LEVEL = 100


def found(snr: float, dark: bool) -> list[tuple[Specks, tuple[float, float]]]:
    finder, seen = SpeckFinder((False, True)), []
    for frame, xy in noisy(40, snr, seed=2):
        seen.append((finder(2 * LEVEL - frame if dark else frame, (0.0, 0.0)), xy))
    return seen[20:]


@pytest.mark.parametrize("dark", [False, True])
def test_the_statistic_is_that_of_all_the_light_of_a_target(dark: bool) -> None:
    """The brightest pixel alone has a signal-to-noise ratio of 4."""
    best, off, claimed = [], [], []
    for specks, xy in found(4.0, dark):
        near = (np.abs(specks.xy - xy).max(axis=1) < 2) & (specks.dark == dark)
        if near.any():
            one = specks[np.flatnonzero(near)[:1]]
            best.append(one.statistic[0])
            off.append(one.xy[0] - xy)
            claimed.append(one.variance[0])
    assert len(best) == 20
    assert 1.35 * 4 < np.mean(best) < 1.8 * 4
    assert np.mean(off) == pytest.approx(0, abs=0.15)
    assert np.std(off) == pytest.approx(np.sqrt(np.mean(claimed)), rel=0.5)


def test_noise_has_few_specks_and_none_that_are_strong() -> None:
    strong = [specks.statistic.max(initial=0.0) for specks, _ in found(0.01, False)]
    counts = [len(specks.xy) for specks, _ in found(0.01, False)]
    assert max(strong) < 6
    assert 4 < np.mean(counts) < 40


def test_what_stands_still_is_no_speck() -> None:
    rng, finder = np.random.default_rng(4), SpeckFinder()
    for _ in range(40):
        frame = LEVEL + rng.normal(0, 1, SHAPE) + speck((80, 70), 50.0)
        specks = finder(frame, (0.0, 0.0))
    near = np.abs(specks.xy - (80, 70)).max(axis=1) < 3
    assert not (near & (specks.statistic > 4)).any()
