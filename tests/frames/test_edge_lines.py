"""Lines at the edges of a frame that show no scene, and those that do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from irpoint.frames.edge_lines import find_edge_lines
from irpoint.simulate import power_law_field

NONE = (0, 0, 0, 0)
Image = npt.NDArray[np.uint16]


@pytest.fixture
def sky() -> Image:
    """A cloudy sky of 14-bit counts with noise."""
    rng = np.random.default_rng(4)
    clouds = 8000 + 150 * power_law_field((192, 256), 2.5, rng).astype(float)
    return np.round(clouds + rng.normal(0, 6, clouds.shape)).astype(np.uint16)


def test_a_scene_has_none(sky: Image) -> None:
    assert find_edge_lines(sky) == NONE
    assert find_edge_lines((sky >> 6).astype(np.uint8)) == NONE
    assert find_edge_lines(sky.astype(np.float32)) == NONE


@pytest.mark.parametrize("width", [1, 4, 60])
@pytest.mark.parametrize("value", [0, 8000, 65535])
def test_a_border_of_one_value(sky: Image, width: int, value: int) -> None:
    sky[-width:] = value
    sky[:, :width] = value
    assert find_edge_lines(sky) == (0, width, width, 0)


def test_the_noisy_border_of_a_video_grabber(sky: Image) -> None:
    noise = np.random.default_rng(5).integers(-3, 4, (192, 20))
    sky[:, :20] = 200 + noise
    assert find_edge_lines(sky) == (0, 0, 20, 0)


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_the_covered_columns_of_a_detector(sky: Image, kind: type) -> None:
    sky[:, -12:] = np.random.default_rng(5).normal(1200, 20, (192, 12))
    assert find_edge_lines(sky.astype(kind)) == (0, 0, 0, 12)


def test_a_calm_sky_above_a_straight_horizon_is_scene() -> None:
    frame = np.random.default_rng(12).normal(7000, 8, (192, 256))
    frame[60:] += 400
    frame[30:33, 100:103] += 40  # a dim target
    assert find_edge_lines(np.round(frame).astype(np.uint16)) == NONE


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_telemetry(sky: Image, rows: int) -> None:
    words = np.zeros((rows, 256), np.uint16)
    words[:, :50] = np.random.default_rng(6).integers(0, 65535, (rows, 50))
    assert find_edge_lines(np.vstack([words, sky])) == (rows, 0, 0, 0)
    assert find_edge_lines(np.vstack([sky, words]).T) == (0, 0, 0, rows)


def test_equal_rows_of_telemetry(sky: Image) -> None:
    words = np.random.default_rng(7).integers(0, 65535, (1, 256)).astype(np.uint16)
    assert find_edge_lines(np.vstack([sky, words, words])) == (0, 2, 0, 0)


def test_a_white_line_of_a_resampled_picture(sky: Image) -> None:
    small = (sky >> 6).astype(np.uint8)
    small[0], small[:, -1] = 255, 255
    assert find_edge_lines(small) == (1, 0, 0, 1)


def test_a_clipped_sky_with_a_target_is_scene() -> None:
    frame = np.zeros((120, 160), np.uint8)
    frame[60:] = np.random.default_rng(8).integers(80, 120, (60, 160))
    frame[20:23, 70:73] = 50
    assert find_edge_lines(frame) == NONE


def test_a_horizon_inside_the_outer_lines_is_scene() -> None:
    rng = np.random.default_rng(9)
    frame = rng.normal(8000, 6, (192, 256))
    frame[-5:] += 300  # a warm deck: five rows that are like each other
    frame[-6] += 150  # blurred by the optics
    assert find_edge_lines(np.round(frame).astype(np.uint16)) == NONE


def test_text_near_the_edge_is_no_edge_line(sky: Image) -> None:
    letters = np.random.default_rng(10).random((10, 200)) < 0.4
    sky[4:14, 20:220][letters] = 65535
    assert find_edge_lines(sky) == NONE


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (8, 300), (15, 15)])
def test_small_frames(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(11).normal(8000, 20, shape)
    assert find_edge_lines(np.round(noise).astype(np.uint16)) == NONE


def test_values_that_are_not_finite_do_no_harm(sky: Image) -> None:
    frame = sky.astype(np.float32)
    frame[:3] = np.nan
    frame[50:60, 50:60] = np.inf
    assert find_edge_lines(frame)[1:] == (0, 0, 0)
