"""The luminance of decoded video frames."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.frames.video import luminance

av = pytest.importorskip("av", reason="PyAV is not installed")


@pytest.mark.parametrize(
    ("pixels", "dtype"), [("gray", "u1"), ("gray16le", "<u2"), ("gray16be", ">u2")]
)
def test_any_byte_order_and_width(pixels: str, dtype: str) -> None:
    frame = np.arange(33 * 47).reshape(33, 47).astype(dtype)  # rows are padded in memory
    image = av.VideoFrame(47, 33, pixels)
    across = image.planes[0].line_size // frame.itemsize
    np.frombuffer(image.planes[0], dtype).reshape(-1, across)[:33, :47] = frame
    assert np.array_equal(luminance(image), frame)
