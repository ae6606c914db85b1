"""The uncertainty of positions against their errors."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.evaluation.coverage import NOMINAL, coverage


def drawn(count: int, factor: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Errors of a correlated normal distribution, ``factor`` times as large as stated."""
    rng = np.random.default_rng(seed)
    x_std, y_std = rng.uniform(0.1, 0.5, (2, count))
    cov = 0.7 * x_std * y_std
    z = rng.normal(0, 1, (2, count))
    error = np.stack([x_std * z[0], y_std * (0.7 * z[0] + np.sqrt(1 - 0.49) * z[1])], axis=1)
    return factor * error, np.stack([x_std, y_std, cov], axis=1)


def test_right_deviations_cover_their_share() -> None:
    found = coverage(*drawn(4000, 1.0))
    assert found is not None
    assert found.ratio_x == pytest.approx(1, abs=0.04)
    assert found.ratio_y == pytest.approx(1, abs=0.04)
    for nominal, (share, low, high) in zip(NOMINAL, found.observed, strict=True):
        assert share == pytest.approx(nominal, abs=0.03)
        assert low < share < high
    assert sum(part.count for part in found.bins) == 4000
    for part in found.bins:
        assert part.interval[0] < part.actual < part.interval[1]
        assert part.actual == pytest.approx(part.stated, rel=0.08)


def test_deviations_that_are_too_small_cover_less() -> None:
    found = coverage(*drawn(2000, 3.0))
    assert found is not None
    assert found.ratio_x == pytest.approx(3, rel=0.05)
    at_90 = found.observed[NOMINAL.index(0.9)][0]
    # P(d² ≤ q) of a normal distribution three times as wide.
    assert at_90 == pytest.approx(1 - 0.1 ** (1 / 9), abs=0.03)


def test_a_few_points_say_nothing() -> None:
    assert coverage(*drawn(19, 1.0)) is None
    assert coverage([], []) is None


def test_a_line_is_not_an_error() -> None:
    place = np.tile([0.2, 0.2, 0.04], (30, 1))  # fully correlated
    found = coverage(np.full((30, 2), 0.1), place)
    assert found is not None
    assert np.isfinite(found.observed).all()
