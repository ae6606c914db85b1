"""Opening videos, and the luminance of their frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from irpoint.frames.video import luminance, open_video

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


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("/dev/video0", {"format": "v4l2"}),
        ("rtsp://camera/1", {"timeout": 10.0, "options": {"rtsp_transport": "tcp"}}),
        ("udp://@:5000", {"timeout": 10.0}),
        ("/clips/a.mp4", {}),
    ],
)
def test_options_of_cameras_and_addresses(
    monkeypatch: pytest.MonkeyPatch, name: str, options: dict[str, Any]
) -> None:
    monkeypatch.setattr(av, "open", lambda location, **given: (location, given))
    assert open_video(name) == (name, options)
