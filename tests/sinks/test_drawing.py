"""Pictures of detections: where things are drawn, and what is left free."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from irpoint.points import Points
from irpoint.sinks.drawing import (
    _DARK,
    _DETECTION,
    _TRUTH,
    _label_box,
    draw_overlay,
    stretch_to_8_bits,
)
from support.measured import measured_points

GREY = np.full((100, 128), 90, np.uint8)
GREY[0, 0], GREY[0, 1] = 0, 255


def points(*rows: tuple[float, float, float]) -> Points:
    table = np.array(rows, dtype=np.float32).reshape(-1, 3)
    return Points(table[:, :2], table[:, 2])


def coloured(picture: Image.Image, colour: tuple[int, int, int]) -> np.ndarray:
    """Where a picture is tinted as ``colour`` is: (row, column) a pixel."""
    red, _, blue = np.moveaxis(np.asarray(picture).astype(int), -1, 0)
    return np.argwhere(red - blue > 60 if colour[0] > colour[2] else blue - red > 60)


def bare(frame: np.ndarray) -> np.ndarray:
    return np.asarray(draw_overlay(frame, Points.empty()))


@pytest.mark.parametrize(
    ("width", "zoom"), [(16, 48), (128, 6), (256, 3), (320, 3), (640, 2), (768, 1), (1000, 1)]
)
def test_small_frames_are_enlarged_by_a_whole_number(width: int, zoom: int) -> None:
    frame = np.arange(20 * width).reshape(20, width)
    picture = draw_overlay(frame, Points.empty())
    assert picture.mode == "RGB"
    assert picture.size == (width * zoom, 20 * zoom)


def test_each_pixel_becomes_a_square_of_its_own_grey() -> None:
    frame = np.random.default_rng(0).integers(0, 16384, (10, 256)).astype(np.uint16)
    picture = bare(frame)
    np.testing.assert_array_equal(picture[1::3, 1::3, 0], stretch_to_8_bits(frame))
    assert (picture[..., 0] == picture[..., 2]).all()


@settings(max_examples=20, deadline=None)
@given(x=st.floats(20, 107), y=st.floats(20, 79))
def test_ring_is_centred_on_the_detection_and_leaves_the_target_free(x: float, y: float) -> None:
    truthless = draw_overlay(GREY, Points.empty())
    picture = draw_overlay(GREY, points((x, y, 0.5)), insets=False)
    changed = np.argwhere((np.asarray(picture) != np.asarray(truthless)).any(axis=-1))
    centre = ((y + 0.5) * 6, (x + 0.5) * 6)
    offset = changed + 0.5 - centre
    distance = np.hypot(*offset.T)
    assert distance.min() > 4.5 * 6
    # Left of the ring there is no label: there the ring alone gives the centre.
    ring = coloured(picture, _DETECTION) + 0.5
    left = ring[ring[:, 1] < centre[1] - 10]
    radius = np.hypot(*(left - centre).T)
    assert radius.std() < 1.2
    assert left[:, 0].mean() == pytest.approx(centre[0], abs=0.7)


def test_truth_cross_is_centred_outside_the_ring_and_leaves_the_target_free() -> None:
    picture = draw_overlay(GREY, Points.empty(), truth=points((64.25, 50.0, 1)))
    where = coloured(picture, _TRUTH) + 0.5
    assert where.mean(axis=0) == pytest.approx((50.5 * 6, 64.75 * 6), abs=0.5)
    assert np.hypot(*(where - (50.5 * 6, 64.75 * 6)).T).min() > 5 * 6
    assert len(coloured(picture, _DETECTION)) == 0
    assert len(coloured(draw_overlay(GREY, Points.empty()), _TRUTH)) == 0


def test_a_score_is_written_beside_the_ring() -> None:
    low, high = (draw_overlay(GREY, points((60, 50, s)), insets=False) for s in (0.11, 0.88))
    differ = np.argwhere((np.asarray(low) != np.asarray(high)).any(axis=-1))
    assert len(differ) > 20
    assert differ[:, 1].min() > 60.5 * 6 + 30


def test_dark_points_have_their_own_colour_and_the_word() -> None:
    both = Points([[40, 50], [80, 50]], [0.9, 0.8], np.array([False, True]))
    pixels = np.asarray(draw_overlay(GREY, both, insets=False)).astype(int)
    columns = [np.nonzero((pixels == colour).all(axis=-1))[1] for colour in (_DETECTION, _DARK)]
    assert columns[0].max() < (40 + 80) / 2 * 6 < columns[1].min()
    assert np.ptp(columns[1]) > np.ptp(columns[0]) + 20  # the word makes its label longer


@pytest.mark.parametrize("corner", [(0, 0), (127, 0), (0, 99), (127, 99), (-0.5, 99.4)])
def test_labels_of_targets_on_the_border_stay_in_the_picture(corner: tuple[float, float]) -> None:
    middle = draw_overlay(GREY, points((64, 50, 0.88)), insets=False)
    picture = draw_overlay(GREY, points((*corner, 0.88)), insets=False)
    ring, label = 6 * 6, []
    for image, (x, y) in ((middle, (64, 50)), (picture, corner)):
        where = coloured(image, _DETECTION) + 0.5
        away = np.hypot(*(where - ((y + 0.5) * 6, (x + 0.5) * 6)).T) > ring
        label.append(away.sum())
    assert label[1] == pytest.approx(label[0], rel=0.05)


def test_labels_do_not_cover_other_rings_or_labels() -> None:
    taken: list[tuple[float, float, float, float]] = [(90, 90, 110, 110), (140, 90, 160, 110)]
    for _ in range(8):
        box = _label_box((100, 100), (30, 12), 10, (400, 400), taken)
        for other in taken:
            apart = box[2] <= other[0] or other[2] <= box[0]
            assert apart or box[3] <= other[1] or other[3] <= box[1]
        taken.append(box)


def test_a_crowded_label_still_gets_a_place_in_the_picture() -> None:
    box = _label_box((20, 20), (30, 12), 10, (60, 60), [(0, 0, 60, 60)] * 3)
    assert box[0] >= 0
    assert box[1] >= 0
    assert box[2] <= 60
    assert box[3] <= 60


def test_insets_show_the_best_detections_first_and_magnified() -> None:
    frame = np.random.default_rng(3).normal(7000, 5, (100, 128))
    frame[30, 40] += 400
    frame[70, 90] -= 300
    picture = draw_overlay(frame, points((90, 70, 0.4), (40, 30, 0.9)))
    strip = np.asarray(picture)[100 * 6 :, :, 0].astype(int)
    assert strip.shape[0] > 80
    # The first inset is 10 pixels in and 21 frame pixels of 5 wide; the bright one is its middle.
    middle = strip[10 + 10 * 5 : 10 + 11 * 5, 10 + 10 * 5 : 10 + 11 * 5]
    around = strip[10 + 9 * 5 : 10 + 12 * 5, 10 + 9 * 5 : 10 + 12 * 5]
    assert (middle == 255).all()
    assert (around == 255).sum() == 25
    assert draw_overlay(frame, points((90, 70, 0.4)), insets=False).size == (768, 600)


def test_insets_on_the_border_are_not_shifted() -> None:
    frame = np.random.default_rng(0).normal(0, 0.1, (100, 128))
    frame[0, 0] = 9.0
    strip = np.asarray(draw_overlay(frame, points((0, 0, 1))))[600:, :, 0].astype(int)
    around = strip[10 + 9 * 5 : 10 + 12 * 5, 10 + 9 * 5 : 10 + 12 * 5]
    assert (around[5:10, 5:10] == 255).all()
    assert (around[:5] == 0).all()
    assert (around[:, :5] == 0).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64, bool])
def test_any_numbers_can_be_shown(dtype: type) -> None:
    frame = (np.indices((40, 50)).sum(axis=0) % 2).astype(dtype)
    picture = np.asarray(draw_overlay(frame, Points.empty()))
    assert (picture.min(), picture.max()) == (0, 255)


def test_stretch_is_robust_and_keeps_going_on_odd_frames() -> None:
    frame = np.random.default_rng(0).normal(8000, 10, (100, 100))
    spoilt = frame.copy()
    spoilt[0, :5] = 1e6
    spoilt[1, :5] = np.nan
    difference = stretch_to_8_bits(frame).astype(int) - stretch_to_8_bits(spoilt)
    assert np.abs(difference[2:]).max() <= 12
    assert (stretch_to_8_bits(spoilt)[1, :5] == 0).all()
    assert (stretch_to_8_bits(np.full((4, 4), 7)) == 128).all()
    assert (stretch_to_8_bits(np.full((4, 4), np.nan)) == 0).all()
    lonely = np.zeros((2000, 3000))
    lonely[5, 5] = 3
    assert stretch_to_8_bits(lonely)[5, 5] == 255
    interlaced = np.full((1024, 1024), np.nan)
    interlaced[1::2] = np.arange(1024)
    assert len(np.unique(stretch_to_8_bits(interlaced))) > 200


def test_a_table_stretches_as_arithmetic_does() -> None:
    rng = np.random.default_rng(0)
    for dtype in (np.uint8, np.uint16):
        frame = rng.integers(0, np.iinfo(dtype).max, (300, 400), dtype)
        np.testing.assert_array_equal(
            stretch_to_8_bits(frame), stretch_to_8_bits(frame.astype(np.int32))
        )


def test_many_detections_in_a_tiny_frame_do_not_fail() -> None:
    xy = np.random.default_rng(0).uniform(0, 15, (60, 2))
    crowd = Points(xy, np.linspace(0, 1, 60, dtype=np.float32))
    assert draw_overlay(np.eye(16), crowd, truth=crowd).width == 768


def test_input_is_not_changed_and_wrong_shapes_are_refused() -> None:
    frame = GREY.copy()
    draw_overlay(frame, points((5, 5, 1)), truth=points((5, 5, 1)))
    np.testing.assert_array_equal(frame, GREY)
    for shape in ((4, 4, 3), (0, 5), (9,)):
        with pytest.raises(ValueError, match=r"height, width"):
            draw_overlay(np.zeros(shape), Points.empty())


def test_a_measured_detection_has_its_deviations_below_its_position() -> None:
    frame = np.zeros((64, 64), np.uint8)
    sure, poor = (measured_points([(32, 32)], x_std=std, y_std=std) for std in (0.03, 0.8))
    plain = draw_overlay(frame, Points(sure.xy, sure.score))
    drawn, other = draw_overlay(frame, sure), draw_overlay(frame, poor)
    assert drawn.height > plain.height
    rows = np.flatnonzero((np.asarray(drawn) != np.asarray(other)).any(axis=(1, 2)))
    assert rows.min() > plain.height - 40  # the last line only
