"""Intervals of counts: exact for independent events, and wide enough for clustered ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from irpoint.evaluation.intervals import clustered_interval, poisson_interval, wilson_interval


@pytest.mark.parametrize("counted", [1, 5, 12, 100])
def test_the_interval_holds_the_mean_as_often_as_it_says(counted: int) -> None:
    low, high = poisson_interval(counted)
    assert stats.poisson.sf(counted - 1, low) == pytest.approx(0.025, abs=1e-6)
    assert stats.poisson.cdf(counted, high) == pytest.approx(0.025, abs=1e-6)


def test_without_a_count_only_the_upper_limit_is_known() -> None:
    low, high = poisson_interval(0)
    assert low == 0
    assert stats.poisson.cdf(0, high) == pytest.approx(0.025, abs=1e-6)


def test_equal_events_scale_the_interval() -> None:
    """Ten events of seven counts each are ten events, counted in sevenths."""
    assert clustered_interval([7] * 10) == pytest.approx([7 * v for v in poisson_interval(10)])


def test_dispersion_widens_the_interval() -> None:
    low, high = clustered_interval([1] * 50, dispersion=4.0)
    plain_low, plain_high = poisson_interval(50)
    assert low < plain_low
    assert high > plain_high
    assert (high - low) / (plain_high - plain_low) == pytest.approx(2, abs=0.2)


def test_clustered_counts_are_covered_as_often_as_stated() -> None:
    """Events of 1 to 40 counts: the plain interval of their sum would be far too narrow."""
    random = np.random.default_rng(3)
    mean, held, plain = 20 * 8.0, 0, 0
    for _ in range(400):
        sizes = random.geometric(1 / 8, random.poisson(20))
        low, high = clustered_interval(sizes)
        held += low <= mean <= high
        low, high = poisson_interval(int(sizes.sum()))
        plain += low <= mean <= high
    assert held / 400 > 0.93
    assert plain / 400 < 0.7


@pytest.mark.parametrize(("part", "whole"), [(0, 5), (3, 10), (10, 10), (437, 438)])
def test_the_interval_of_a_share_is_that_of_wilson(part: int, whole: int) -> None:
    expected = stats.binomtest(part, whole).proportion_ci(method="wilson")
    assert wilson_interval(part, whole) == pytest.approx((expected.low, expected.high))
