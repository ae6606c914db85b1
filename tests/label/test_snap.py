"""A click next to a target finds its position; a click on nothing stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("fastapi", reason="needs the extra label")
from irpoint.label.snap import REACH, snap_click
from irpoint.psf import gaussian_psf_image
from irpoint.simulate import SceneSettings, scene_rng, simulate_scene


def scene(
    x: float, y: float, sigma: float, amplitude: float = 400.0, noise: float = 2.0
) -> np.ndarray:
    """A target on a flat 16-bit background with noise."""
    image = gaussian_psf_image((48, 64), np.array([[x, y]]), sigma, amplitude) + 1000
    return np.round(image + np.random.default_rng(5).normal(0, noise, image.shape)).astype(
        np.uint16
    )


def error(found: tuple[float, float, bool], x: float, y: float) -> float:
    assert found[2]
    return float(np.hypot(found[0] - x, found[1] - y))


PLACES = {"x": st.floats(12, 50), "y": st.floats(12, 36), "sigma": st.floats(0.7, 1.6)}
CLICKS = {"far": st.floats(0, 2.5), "angle": st.floats(0, 6.28)}


@pytest.mark.parametrize(("how", "within"), [("peak", 0.05), ("centroid", 0.35)])
@pytest.mark.parametrize("contrast", ["bright", "dark"])
def test_clicks_around_a_target_find_it(how: str, within: float, contrast: str) -> None:
    @settings(max_examples=15, deadline=None)
    @given(**PLACES, **CLICKS)
    def check(x: float, y: float, sigma: float, far: float, angle: float) -> None:
        amplitude = 400.0 if contrast == "bright" else -400.0
        click = (x + far * np.cos(angle), y + far * np.sin(angle))
        for stated in (contrast, "either"):
            found = snap_click(scene(x, y, sigma, amplitude), click, how, stated)
            assert error(found, x, y) < within

    check()


@pytest.mark.parametrize("kind", ["clear", "clouds", "sea", "land"])
def test_snapping_makes_no_click_worse_on_average(kind: str) -> None:
    rng = np.random.default_rng(2)
    simulated = SceneSettings(scene=kind, targets=(20, 20), width=384, height=384)
    shot = simulate_scene(simulated, scene_rng(77, 0))
    before, after = [], []
    for target in shot.targets:
        dx, dy = rng.normal(0, 0.58, 2)
        click = (target.x + dx, target.y + dy)
        found = snap_click(shot.frame, click, "peak")
        before.append(np.hypot(dx, dy))
        after.append(np.hypot(found.x - target.x, found.y - target.y))
    assert np.mean(after) < 0.8 * np.mean(before)
    assert np.mean(np.square(after)) < np.mean(np.square(before))


def test_clicks_on_nothing_stay() -> None:
    rng = np.random.default_rng(3)
    moved = 0
    for kind in ("clear", "clouds", "sea", "land"):
        simulated = SceneSettings(scene=kind, targets=(0, 0), width=160, height=160)
        frame = simulate_scene(simulated, scene_rng(78, 0)).frame
        for _ in range(15):
            click = tuple(rng.uniform(0, 159, 2))
            found = snap_click(frame, click, "peak", "either")
            moved += found.found
            assert found.found or (found.x, found.y) == click
            assert np.hypot(found.x - click[0], found.y - click[1]) <= REACH
    assert moved <= 1


def test_noise_moves_the_position_by_a_fraction_of_a_pixel() -> None:
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(30):
        x, y = rng.uniform(20, 30, 2)
        noisy = scene(x, y, 1.1, 200.0) + rng.normal(0, 10, (48, 64))
        errors.append(error(snap_click(noisy, (x + rng.normal(), y + rng.normal()), "peak"), x, y))
    assert np.sqrt(np.mean(np.square(errors))) < 0.15


@pytest.mark.parametrize("how", ["peak", "centroid"])
def test_an_extended_target_gets_its_centroid(how: str) -> None:
    frame = np.random.default_rng(1).normal(1000, 3, (64, 64))
    frame[28:33, 24:37] += 100  # its centre is (30, 30)
    frame[29:31, 25:27] += 60  # its hottest part is not there
    found = snap_click(frame, (31, 29.2), how)
    assert error(found, 30, 30) < 0.8


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("how", ["peak", "centroid"])
def test_a_saturated_target_is_found(dtype: type, how: str) -> None:
    top = np.iinfo(dtype).max
    image = gaussian_psf_image((48, 64), np.array([[30.3, 20.6]]), 1.5, 3.0 * top)
    image += np.random.default_rng(1).normal(0.3 * top, 0.01 * top, image.shape)
    frame = np.clip(image, 0, top).astype(dtype)
    assert error(snap_click(frame, (31, 20), how), 30.3, 20.6) < 0.3


def test_the_nearer_of_two_targets_is_taken() -> None:
    both = scene(20, 20, 1.0) + (scene(26, 20, 1.0, noise=0) - 1000)
    assert error(snap_click(both, (20.8, 20.5), "peak"), 20, 20) < 0.1
    assert error(snap_click(both, (25.4, 19.5), "peak"), 26, 20) < 0.1


def test_off_returns_the_click() -> None:
    assert snap_click(scene(20, 20, 1), (21.3, 18.9), "off") == (21.3, 18.9, False)


@pytest.mark.parametrize("how", ["peak", "centroid"])
def test_a_click_without_a_target_is_returned(how: str) -> None:
    flat = np.full((30, 30), 77, np.uint8)
    assert snap_click(flat, (10.4, 11.6), how) == (10.4, 11.6, False)
    far = (20 + REACH + 6, 20)
    assert snap_click(scene(20, 20, 1), far, how) == (*far, False)
    assert snap_click(np.full((30, 30), np.nan), (10.4, 11.6), how) == (10.4, 11.6, False)


def test_a_dark_target_is_not_found_among_bright_ones() -> None:
    assert not snap_click(scene(20, 20, 1, -400), (20.5, 20), "peak", "bright").found


@pytest.mark.parametrize("how", ["peak", "centroid", "off"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (48, 64)])
@pytest.mark.parametrize("where", [(-0.5, -0.5), (1e5, 1e5), (0, 0)])
def test_points_stay_in_the_frame(
    how: str, shape: tuple[int, int], where: tuple[float, float]
) -> None:
    frame = np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)
    x, y, _ = snap_click(frame, where, how)
    assert -0.5 <= x <= shape[1] - 0.5
    assert -0.5 <= y <= shape[0] - 0.5


@pytest.mark.parametrize("at", [(1.2, 0.8), (30.2, 0.4), (63.1, 20.3), (62.7, 46.6)])
def test_a_target_at_the_border_is_found(at: tuple[float, float]) -> None:
    x, y = at
    found = snap_click(scene(x, y, 0.9), (x + (0.7 if x < 60 else -0.7), y), "peak")
    assert error(found, x, y) < 0.2


@pytest.mark.parametrize("away", [(2, 0), (0, -2), (2, 2), (3, 1)])
@pytest.mark.parametrize("how", ["peak", "centroid"])
def test_a_click_does_not_move_to_a_hot_pixel(away: tuple[int, int], how: str) -> None:
    frame = scene(20.3, 19.6, 1.0, 60.0)
    frame[20 + away[1], 20 + away[0]] = 1400
    click = (20.3 + 0.6 * away[0], 19.6 + 0.6 * away[1])
    found = snap_click(frame, click, how)
    limit = 0.2 if how == "peak" else 0.6
    assert not found.found or error(found, 20.3, 19.6) < limit
    if how == "peak":
        assert found.found


def test_a_hot_pixel_alone_is_no_target() -> None:
    frame = scene(20, 20, 1.0, 0.0)
    frame[20, 21] = 1400
    assert not snap_click(frame, (20.3, 20.2), "peak").found


def test_pixels_that_are_not_finite_are_ignored() -> None:
    frame = scene(20.3, 19.6, 1.0).astype(np.float32)
    frame[26, 20] = frame[19, 22] = np.nan
    frame[0, 0] = np.inf
    assert error(snap_click(frame, (21.0, 20.0), "peak"), 20.3, 19.6) < 0.1
