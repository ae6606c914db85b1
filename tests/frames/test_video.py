"""Opening videos, and the luminance of their frames."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irpoint.errors import FrameWarning
from irpoint.frames.video import luminance, open_video, read_video
from support.models import draw_blobs
from support.palettes import coloured

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
    "pixels",
    [
        "yuyv422", "yvyu422", "uyvy422", "vyu444", "ayuv", "uyva", "vuya", "vuyx",
        "y210le", "y212le", "y216le", "ayuv64le",
    ],
)  # fmt: skip
def test_packed_luma_is_read_as_stored(pixels: str) -> None:
    """FFmpeg's own conversion to grey would stretch 16–235 to 0–255 and clip the rest."""
    deep = pixels.endswith("le")
    planar = av.VideoFrame(38, 20, "yuv444p16le" if deep else "yuv444p")
    rng = np.random.default_rng(0)
    for number, plane in enumerate(planar.planes):
        values = rng.integers(0, 1024 if deep else 256, plane.buffer_size // (1 + deep))
        if number:
            values[:] = 512 if deep else 128
        stored = (values << 6).astype("<u2") if deep else values.astype("u1")
        plane.update(stored.tobytes())
    luma = luminance(planar)
    assert np.array_equal(luminance(planar.reformat(format=pixels)), luma)


def test_grey_with_transparency_is_read_as_stored() -> None:
    image = av.VideoFrame(6, 4, "ya8")
    across = image.planes[0].line_size
    pairs = np.arange(4 * across, dtype=np.uint8).reshape(4, across)
    image.planes[0].update(pairs.tobytes())
    assert np.array_equal(luminance(image), pairs[:, :12:2])


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


@pytest.mark.parametrize(("codec", "pixels"), [("mpeg4", "yuv420p"), ("ffv1", "bgr0")])
def test_a_palette_gives_one_warning_per_video(tmp_path: Path, codec: str, pixels: str) -> None:
    frames = [draw_blobs([(20 + 3 * index, 30)]).clip(0, 255) for index in range(5)]
    path = tmp_path / "clip.avi"
    for palette in ("ironbow", None):
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=25)
            stream.height, stream.width = frames[0].shape
            stream.pix_fmt = pixels
            for frame in frames:
                rgb = coloured(frame, palette) if palette else np.stack([frame] * 3, axis=-1)
                image = av.VideoFrame.from_ndarray(rgb.astype(np.uint8), "rgb24")
                container.mux(stream.encode(image.reformat(format=pixels)))
            container.mux(stream.encode(None))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", FrameWarning)
            assert len(list(read_video(str(path)))) == 5
        kinds = [warning.message.kind for warning in said]
        assert kinds == (["colour"] if palette else [])
