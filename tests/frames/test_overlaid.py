"""What was drawn over a scene, and bright or dark parts of a scene that were not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from irpoint.frames.overlaid import find_overlaid
from irpoint.simulate import Artefacts, add_artefacts, power_law_field

Pixels = npt.NDArray[np.uint16]
SHAPE = (240, 320)


@pytest.fixture
def sky() -> Pixels:
    """A cloudy sky of 14-bit counts with noise, and a saturated target at (200, 120)."""
    rng = np.random.default_rng(4)
    clouds = 8000 + 150 * power_law_field(SHAPE, 2.5, rng).astype(float)
    frame = np.round(clouds + rng.normal(0, 6, SHAPE)).astype(np.uint16)
    frame[119:122, 199:202] = 16383
    return frame


def drawn(text: str = "", size: int = 12) -> npt.NDArray[np.bool_]:
    """Pixels of a text, or of a reticle with a gap in the middle."""
    picture = Image.new("1", SHAPE[::-1])
    canvas = ImageDraw.Draw(picture)
    if text:
        canvas.text((12, 200), text, fill=1, font=ImageFont.load_default(size))
    else:
        for line in (
            (120, 80, 150, 80),
            (170, 80, 200, 80),
            (160, 40, 160, 70),
            (160, 90, 160, 120),
        ):
            canvas.line(line, fill=1, width=2)
    return np.asarray(picture)


def found(frame: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    mask = find_overlaid(frame)
    return np.zeros(frame.shape, bool) if mask is None else mask


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32, np.float64])
def test_a_scene_has_nothing_drawn_over_it(sky: Pixels, kind: type) -> None:
    frame = sky.astype(kind) if kind is not np.uint8 else (sky >> 6).astype(kind)
    assert find_overlaid(frame) is None


@pytest.mark.parametrize("value", [0, 7950, 16383, 65535])
def test_a_rectangle_of_one_value(sky: Pixels, value: int) -> None:
    sky[30:90, 40:130] = value
    mask = found(sky)
    assert mask[30:90, 40:130].all()
    mask[28:92, 38:132] = False
    assert not mask.any()


@pytest.mark.parametrize("value", [-9999.0, -3.4e38, 1e20, 0.0])
def test_an_irregular_area_without_data(sky: Pixels, value: float) -> None:
    rows, columns = np.indices(SHAPE)
    wedge = columns + 2 * rows < 150
    frame = np.where(wedge, value, sky / 100).astype(np.float32)
    assert np.array_equal(found(frame), wedge)


def test_fragments_beside_an_area_without_data(sky: Pixels) -> None:
    sky[20:60, 20:60] = sky[100:108, 50:58] = sky[150:160, 250:270] = 65535
    mask = found(sky)
    assert np.array_equal(mask, sky == 65535)
    assert not mask[120, 200]  # the target


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_scattered_pixels_without_data(sky: Pixels, kind: type) -> None:
    lost = np.random.default_rng(8).random(SHAPE) < 0.05
    assert np.array_equal(found(np.where(lost, 0, sky).astype(kind)), lost)


def test_scattered_saturated_pixels_may_be_targets(sky: Pixels) -> None:
    hot = np.random.default_rng(8).random(SHAPE) < 0.003
    assert not found(np.where(hot, np.uint16(65535), sky))[119:122, 199:202].any()


@pytest.mark.parametrize("value", [0, 65535])
def test_text_and_reticles_at_a_rail(sky: Pixels, value: int) -> None:
    for form in (drawn("12:03:44  FOV 3.2"), drawn()):
        frame = np.where(form, np.uint16(value), sky)
        mask = found(frame)
        assert mask[form].all()
        near = ndimage.maximum_filter(form, 15)
        assert not mask[~near].any()
        assert not mask[120, 200]  # the target


def test_compressed_text_with_an_outline(sky: Pixels) -> None:
    small = (sky >> 6).astype(np.uint8)
    settings = Artefacts(text=2, text_size=20, overlay_outline=True, overlay_smooth=True, jpeg=80)
    frame, mask = add_artefacts(small, settings, np.random.default_rng(3))
    hit = found(frame)
    assert hit[mask].mean() > 0.8
    assert hit.mean() < 3 * mask.mean()


@pytest.mark.parametrize("count", [3, 12])
def test_saturated_targets_are_scene(sky: Pixels, count: int) -> None:
    small = (sky >> 6).astype(np.uint8)
    rng = np.random.default_rng(5)
    for _ in range(count):
        row, column, height, width = rng.integers((10, 10, 2, 2), (220, 300, 9, 9))
        small[row : row + height, column : column + width] = 255
    assert find_overlaid(small) is None


def test_a_formation_of_saturated_targets_is_no_text(sky: Pixels) -> None:
    small = (sky >> 6).astype(np.uint8)
    for column in (60, 120, 180, 240, 300):
        small[100:107, column : column + 3] = 255
    assert find_overlaid(small) is None


def test_a_sky_that_is_clipped_at_0_is_scene() -> None:
    rng = np.random.default_rng(6)
    rows, columns = np.indices(SHAPE)
    horizon = 160 + 20 * np.sin(columns / 30)
    land = np.where(rows > horizon, 90 + rng.normal(0, 15, SHAPE), -60)
    frame = np.clip(ndimage.gaussian_filter(land, 1.0), 0, 255).astype(np.uint8)
    frame[60:63, 100:103] = 40
    assert find_overlaid(frame) is None


def test_a_bright_cloud_that_is_clipped_at_255_is_scene() -> None:
    rng = np.random.default_rng(7)
    clouds = 180 + 60 * power_law_field(SHAPE, 3.0, rng).astype(float)
    frame = np.clip(clouds, 0, 255).astype(np.uint8)
    assert 0.02 < np.mean(frame == 255) < 0.3
    assert find_overlaid(frame) is None


def test_most_of_a_frame_may_be_without_data(sky: Pixels) -> None:
    sky[:, :250] = 0
    assert np.array_equal(found(sky), sky == 0)


def test_more_than_the_limit_is_scene(sky: Pixels) -> None:
    small = (sky >> 6).astype(np.uint8)
    small[:, :150] = 0
    assert find_overlaid(small) is None


def test_frames_of_a_pixel_or_without_one() -> None:
    assert find_overlaid(np.zeros((1, 1), np.uint8)) is None
    assert find_overlaid(np.full((4, 4), np.nan, np.float32)) is None
