"""Pictures of frames of any type."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from irpoint.live.picture import Stretch, encode
from support.models import draw_blobs


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "float32", "float64"])
def test_a_target_is_bright_in_frames_of_every_type(dtype: str) -> None:
    frame = draw_blobs([(40, 30)]).astype(dtype)
    picture = Stretch()(frame)
    assert picture.dtype == np.uint8
    assert picture[30, 40] > 240
    assert 20 < np.median(picture) < 200


def test_pixels_that_are_not_finite_are_black() -> None:
    frame = draw_blobs([(40, 30)]).astype(np.float32)
    frame[0, :3] = np.nan, np.inf, -np.inf
    assert Stretch()(frame)[0, [0, 2]].tolist() == [0, 0]
    assert not Stretch()(np.full((8, 8), np.nan)).any()


def test_the_window_follows_a_small_change_slowly_and_a_large_one_at_once() -> None:
    stretch, frame = Stretch(), draw_blobs([(40, 30)]).astype(np.uint16)
    stretch(frame)
    assert stretch.window is not None
    low = stretch.window[0]
    stretch(frame + 3)
    assert 0 < stretch.window[0] - low < 1.5
    stretch(frame + 3000)
    assert stretch.window[0] - low == pytest.approx(3000, abs=1)


def test_a_large_frame_is_reduced() -> None:
    picture = Image.open(io.BytesIO(encode(np.zeros((2160, 3840), np.uint8))))
    assert picture.size == (1280, 720)
    assert Image.open(io.BytesIO(encode(np.zeros((512, 640), np.uint8)))).size == (640, 512)
