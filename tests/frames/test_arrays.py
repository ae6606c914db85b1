"""Arrays as frames: shapes, colours and number types."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from irpoint.errors import FrameError
from irpoint.frames import as_frame

DEEP = np.random.default_rng(5).integers(0, 65536, (6, 9)).astype(np.uint16)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_equal_channels_give_one_channel(channels: int) -> None:
    array = np.repeat(DEEP[..., None], channels, axis=2)
    if channels == 4:
        array[..., 3] = 1
    assert as_frame(array).dtype == np.uint16
    assert np.array_equal(as_frame(array), DEEP)


def test_booleans_and_half_floats_are_converted() -> None:
    assert as_frame(np.ones((2, 2), bool)).dtype == np.uint8
    assert as_frame(np.ones((2, 2), np.float16)).dtype == np.float32


def test_pixels_may_be_infinite_or_nan() -> None:
    frame = as_frame(np.array([[np.nan, np.inf], [1.0, -np.inf]]))
    assert np.array_equal(frame, [[np.nan, np.inf], [1.0, -np.inf]], equal_nan=True)


def test_channels_with_nan_may_be_equal() -> None:
    channel = np.array([[np.nan, 2.0]])
    assert np.array_equal(as_frame(np.dstack([channel] * 3)), channel, equal_nan=True)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(4),
        np.zeros((2, 2, 2)),
        np.zeros((1, 2, 2, 3)),
        np.zeros((0, 3)),
        np.zeros((2, 2), complex),
        np.array([["a"]]),
        np.array([[None]]),
        np.zeros((2, 2), "M8[s]"),
        [[1, 2], [3]],
        None,
        np.full((2, 2), np.nan),
    ],
)
def test_other_arrays_are_an_error(array: object) -> None:
    with pytest.raises(FrameError, match="thermal"):
        as_frame(array, "thermal")


def test_the_palette_of_a_pillow_image_is_applied() -> None:
    image = Image.new("P", (2, 1))
    image.putdata([1, 0])
    image.putpalette([5, 5, 5, 250, 250, 250])
    assert np.array_equal(as_frame(image), [[250, 5]])


def test_masked_pixels_become_nan() -> None:
    counts = np.ma.masked_equal(np.array([[1, -9999], [3, 4]], np.int16), -9999)
    frame = as_frame(counts)
    assert frame.dtype == np.float32
    np.testing.assert_array_equal(frame, [[1, np.nan], [3, 4]])
