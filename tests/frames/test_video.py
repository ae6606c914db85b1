"""Opening videos, and the luminance of their frames."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irpoint.errors import FrameWarning
from irpoint.frames.video import open_video, read_video
from support.models import draw_blobs
from support.palettes import coloured

av = pytest.importorskip("av", reason="PyAV is not installed")


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
