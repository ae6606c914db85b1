"""Clutter that comes again where it was."""

from __future__ import annotations

import numpy as np

from irpoint.tracking.repeats import Repeats

SHAPE = (480, 640)


def density(drift: tuple[float, float], stays: bool) -> tuple[float, float]:
    """Mean log-density of fifty candidates in the thirtieth frame, and of others elsewhere."""
    rng, repeats = np.random.default_rng(1), Repeats(SHAPE)
    places = rng.uniform(40, 400, (50, 2))
    z, variance = np.full(50, 4.0), np.full(50, 0.04)
    for number in range(30):
        if number:
            repeats.move(np.zeros(2))
        places = places + drift if stays else rng.uniform(40, 400, (50, 2))
        here = repeats.expected(places, z, variance)
        elsewhere = repeats.expected(places + 20, z, variance)
        repeats.learn(places, z, variance)
    return float(np.mean(here)), float(np.mean(elsewhere))


def test_structure_is_expected_again_where_it_drifts_to() -> None:
    for drift in ((0.0, 0.0), (0.8, -0.5)):
        here, elsewhere = density(drift, stays=True)
        assert here > 1  # more probable than anywhere in a cell of 16 px
        assert elsewhere < -10


def test_noise_is_not_expected_again() -> None:
    here, _ = density((0.0, 0.0), stays=False)
    assert here < -10


def test_one_target_among_noise_does_not_count_as_structure() -> None:
    rng, repeats = np.random.default_rng(2), Repeats(SHAPE)
    for number in range(40):
        if number:
            repeats.move(np.zeros(2))
        places = np.vstack([rng.uniform(0, 470, (80, 2)), (50 + number, 80)])
        found = repeats.expected(places, np.full(81, 4.0), np.full(81, 0.04))
        repeats.learn(places, np.full(81, 4.0), np.full(81, 0.04))
    assert found[-1] < 1
    _, spread = repeats.drift(np.array([[90.0, 80.0]]))
    assert spread[0] < 0.1
