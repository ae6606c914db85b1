"""A click next to a target finds its position, with sub-pixel accuracy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("fastapi", reason="needs the extra label")
from irpoint.label.snap import REACH, snap_click
from irpoint.psf import gaussian_psf_image


def scene(x: float, y: float, sigma: float, amplitude: float = 400.0) -> np.ndarray:
    """A target on a flat 16-bit background."""
    image = gaussian_psf_image((48, 64), np.array([[x, y]]), sigma, amplitude) + 1000
    return np.round(image).astype(np.uint16)


PLACES = {"x": st.floats(12, 50), "y": st.floats(12, 36), "sigma": st.floats(0.7, 1.6)}
CLICKS = {"far": st.floats(0, 2.5), "angle": st.floats(0, 6.28)}


@pytest.mark.parametrize(("how", "within"), [("peak", 0.12), ("centroid", 0.1)])
@pytest.mark.parametrize("contrast", ["bright", "dark"])
def test_clicks_around_a_target_find_it(how: str, within: float, contrast: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(**PLACES, **CLICKS)
    def check(x: float, y: float, sigma: float, far: float, angle: float) -> None:
        amplitude = 400.0 if contrast == "bright" else -400.0
        click = (x + far * np.cos(angle), y + far * np.sin(angle))
        for stated in (contrast, "either"):
            found = snap_click(scene(x, y, sigma, amplitude), click, how, stated)
            assert np.hypot(found[0] - x, found[1] - y) < within

    check()


def test_noise_moves_the_position_by_a_fraction_of_a_pixel() -> None:
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(200):
        x, y = rng.uniform(20, 30, 2)
        noisy = scene(x, y, 1.1, 200.0) + rng.normal(0, 10, (48, 64))
        found = snap_click(noisy, (x + rng.normal(), y + rng.normal()), "centroid")
        errors.append(np.hypot(found[0] - x, found[1] - y))
    assert np.sqrt(np.mean(np.square(errors))) < 0.2


def test_off_returns_the_click() -> None:
    assert snap_click(scene(20, 20, 1), (21.3, 18.9), "off") == (21.3, 18.9)


@pytest.mark.parametrize("how", ["peak", "centroid"])
def test_a_click_without_a_target_is_returned(how: str) -> None:
    flat = np.full((30, 30), 77, np.uint8)
    assert snap_click(flat, (10.4, 11.6), how) == (10.4, 11.6)
    far = scene(20, 20, 1)
    assert snap_click(far, (20 + REACH + 6, 20), how) == (20 + REACH + 6, 20)


@pytest.mark.parametrize("how", ["peak", "centroid", "off"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (48, 64)])
@pytest.mark.parametrize("where", [(-0.5, -0.5), (1e5, 1e5), (0, 0)])
def test_points_stay_in_the_frame(
    how: str, shape: tuple[int, int], where: tuple[float, float]
) -> None:
    frame = np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)
    x, y = snap_click(frame, where, how)
    assert -0.5 <= x <= shape[1] - 0.5
    assert -0.5 <= y <= shape[0] - 0.5


def test_a_target_in_the_corner_is_found() -> None:
    frame = scene(1.2, 0.8, 0.9)
    x, y = snap_click(frame, (2.0, 2.0), "peak")
    assert np.hypot(x - 1.2, y - 0.8) < 0.2


def test_pixels_that_are_not_finite_are_ignored() -> None:
    frame = scene(20.3, 19.6, 1.0).astype(np.float32)
    frame[26, 20] = np.nan
    frame[0, 0] = np.inf
    x, y = snap_click(frame, (21.0, 20.0), "centroid")
    assert np.hypot(x - 20.3, y - 19.6) < 0.1
