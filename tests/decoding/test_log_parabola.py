"""The vertex through the logarithms of three samples."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.decoding.log_parabola import LogParabola


@pytest.mark.parametrize("sigma", [0.6, 1.0, 2.5])
def test_the_vertex_of_a_sampled_gaussian_is_exact(sigma: float) -> None:
    centre = np.linspace(-0.5, 0.5, 11)
    samples = np.exp(-0.5 * ((np.array([-1, 0, 1])[:, None] - centre) / sigma) ** 2)
    assert np.allclose(LogParabola.through(samples).vertex(), centre, atol=1e-12)


def test_samples_that_are_not_positive_are_fitted_as_they_are() -> None:
    centre = 0.3
    samples = 1 - (np.array([-1, 0, 1]) - centre) ** 2  # the first is negative
    parabola = LogParabola.through(samples)
    assert not parabola.logarithmic
    assert parabola.vertex() == pytest.approx(centre)


def test_the_vertex_stays_within_reach_of_its_start() -> None:
    rising = np.array([1.0, 2.0, 3.9])
    assert LogParabola.through(rising).vertex(reach=0.5) == 0.5
    assert LogParabola.through(rising).vertex(start=1) > 1
    assert LogParabola.through(np.ones(3)).vertex(start=-1) == -1  # no maximum
