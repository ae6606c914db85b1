"""Reliability diagrams: bins, their intervals, and the figures of probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.evaluation.reliability import brier, calibration_error, log_loss, reliability

PROBABILITY = np.array([0.05, 0.08, 0.31, 0.35, 0.39, 1.0])
REAL = np.array([False, True, True, False, False, True])


def test_bins_have_counts_means_and_shares() -> None:
    low, middle, high = reliability(PROBABILITY, REAL)
    assert (low.count, low.real, low.low, low.high) == (2, 1, 0.0, 0.1)
    assert (middle.predicted, middle.observed) == pytest.approx((0.35, 1 / 3))
    assert (high.low, high.high, high.count, high.observed) == (0.9, 1.0, 1, 1.0)
    assert sum(part.count for part in (low, middle, high)) == len(REAL)


def test_figures_by_hand() -> None:
    gaps = 2 * abs(0.065 - 0.5) + 3 * abs(0.35 - 1 / 3) + 0
    assert calibration_error(PROBABILITY, REAL) == pytest.approx(gaps / 6)
    squares = [0.05**2, 0.92**2, 0.69**2, 0.35**2, 0.39**2, 0]
    assert brier(PROBABILITY, REAL) == pytest.approx(np.mean(squares))
    happened = [0.95, 0.08, 0.31, 0.65, 0.61, 1]
    assert log_loss(PROBABILITY, REAL) == pytest.approx(-np.mean(np.log(happened)))
