"""The Gaussian point spread function, integrated over pixels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from irpoint.psf import gaussian_psf_image, pixel_share
from support.blobs import centroid

SIGMAS = st.floats(0.5, 2.5)
INSIDE = st.floats(20.0, 43.0)


@given(x=INSIDE, y=INSIDE, sigma=st.floats(0.7, 2.5))
def test_the_centroid_of_a_target_is_its_position(x: float, y: float, sigma: float) -> None:
    found = centroid(gaussian_psf_image((64, 64), (x, y), sigma, 3.0))
    # Sampling at whole pixels biases the centroid by at most exp(-2 pi^2 sigma^2) / pi: 2e-5.
    assert found == pytest.approx((x, y), abs=3e-5)


@given(x=INSIDE, y=INSIDE, sigma=SIGMAS, amplitude=st.floats(-50, 50))
def test_the_flux_does_not_depend_on_the_position(
    x: float, y: float, sigma: float, amplitude: float
) -> None:
    total = gaussian_psf_image((64, 64), (x, y), sigma, amplitude).sum()
    assert total == pytest.approx(amplitude * 2 * math.pi * sigma**2, rel=1e-7, abs=1e-9)


def test_a_pixel_is_the_integral_over_its_area() -> None:
    x, y, sigma, fine = 5.3, 4.8, 0.7, 200
    steps = (np.arange(fine) + 0.5) / fine - 0.5
    image = gaussian_psf_image((10, 11), (x, y), sigma, 2.0)
    for row, column in ((5, 5), (4, 6), (7, 3)):
        across = np.exp(-((column + steps - x) ** 2) / (2 * sigma**2)).mean()
        down = np.exp(-((row + steps - y) ** 2) / (2 * sigma**2)).mean()
        assert image[row, column] == pytest.approx(2.0 * across * down, rel=1e-4)


def test_the_flux_outside_the_frame_is_lost() -> None:
    whole = 2 * math.pi
    assert gaussian_psf_image((40, 40), (-0.5, -0.5), 1.0, 1.0).sum() == pytest.approx(whole / 4)
    assert gaussian_psf_image((40, 40), (39.5, 20.0), 1.0, 1.0).sum() == pytest.approx(whole / 2)
    assert not gaussian_psf_image((40, 40), (90.0, -30.0), 1.0, 1.0).any()


def test_targets_add_up() -> None:
    both = gaussian_psf_image((30, 40), [(10, 12), (13, 12)], [1.0, 0.7], [5.0, -2.0])
    one = gaussian_psf_image((30, 40), (10, 12), 1.0, 5.0)
    other = gaussian_psf_image((30, 40), (13, 12), 0.7, -2.0)
    np.testing.assert_allclose(both, one + other, atol=1e-15)


def test_the_dtype_and_an_image_without_targets() -> None:
    assert gaussian_psf_image((9, 9), (4, 4), 1.0, 1.0, dtype=np.float32).dtype == np.float32
    assert gaussian_psf_image((9, 9), np.empty((0, 2)), 1.0, 1.0).shape == (9, 9)


def test_values_out_of_range_are_errors() -> None:
    with pytest.raises(ValueError, match="sigma"):
        gaussian_psf_image((9, 9), (4, 4), 0.0, 1.0)
    with pytest.raises(ValueError, match="finite"):
        gaussian_psf_image((9, 9), (math.nan, 4), 1.0, 1.0)


@given(x=st.floats(5, 9), y=st.floats(5, 9), sigma=SIGMAS)
def test_pixel_share_is_the_value_of_the_brightest_pixel(x: float, y: float, sigma: float) -> None:
    image = gaussian_psf_image((40, 40), (x, y), sigma, 1.0 / (2 * math.pi * sigma**2))
    assert pixel_share((x, y), sigma) == pytest.approx(image.max(), rel=1e-9)
