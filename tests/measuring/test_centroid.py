"""The centroid of one target."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.measuring.centroid import measure_centroid
from irpoint.points import Points
from irpoint.psf import gaussian_psf_image


def sky(xy: tuple[float, float], sigma: float, amplitude: float) -> np.ndarray:
    image = gaussian_psf_image((80, 90), xy, sigma, amplitude)
    return image + np.random.default_rng(0).normal(1000, 2, image.shape)


@pytest.mark.parametrize("amplitude", [400, -400])
@pytest.mark.parametrize("sigma", [1.0, 3.0])
def test_the_centroid_is_measured(amplitude: float, sigma: float) -> None:
    point = Points(np.array([[41, 30]]), np.ones(1), np.array([amplitude < 0]))
    found = measure_centroid(sky((40.3, 30.4), sigma, amplitude), point)
    assert found is not None
    xy, covariance, width = found
    assert xy == pytest.approx((40.3, 30.4), abs=0.25)
    assert width == pytest.approx(0.85 * sigma, rel=0.25)
    assert (np.linalg.eigvalsh(covariance) > 0).all()


def test_there_is_none_if_nothing_is_there_or_it_is_cut_off() -> None:
    assert measure_centroid(sky((40, 30), 1.0, 0.0), Points.labels([(40, 30)])) is None
    assert measure_centroid(sky((1, 30), 3.0, 400.0), Points.labels([(1, 30)])) is None
    hot = sky((40, 30), 2.0, 400.0)
    hot[31, 43] = 9000
    assert measure_centroid(hot, Points.labels([(40, 30)])) is None
