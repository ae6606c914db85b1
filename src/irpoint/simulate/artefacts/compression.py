"""Lossy coding of 8-bit frames: video range, JPEG, and H.264 with PyAV (extra ``video``)."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from irpoint.errors import SettingsError, one_line
from irpoint.simulate.artefacts.canvas import Frame, Mask, Rails
from irpoint.simulate.artefacts.settings import Artefacts

Bytes = npt.NDArray[np.uint8]


def to_video_range(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """0..255 → 16..235, the luma of most video (Rec. ITU-R BT.601)."""
    _check_bytes(frame, "video_range")
    luma = 16.0 + frame.astype(np.float32) * np.float32(219.0 / 255.0)
    return np.rint(luma).astype(np.uint8), np.zeros(frame.shape, bool)


def add_jpeg(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Write and read the frame as JPEG."""
    _check_bytes(frame, "jpeg")
    stream = io.BytesIO()
    Image.fromarray(frame).save(stream, "JPEG", quality=settings.jpeg)
    return np.array(Image.open(stream)), np.zeros(frame.shape, bool)


def add_h264(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Write and read the frame as a key frame of H.264."""
    _check_bytes(frame, "h264")
    return compress_video(frame[None], settings.h264)[0], np.zeros(frame.shape, bool)


def compress_video(frames: Bytes, quality: int) -> Bytes:
    """Frames as they come out of H.264 video: a key frame, and frames predicted from others.

    Args:
        frames: uint8 (T, H, W), consecutive frames of one camera.
        quality: constant rate factor of x264, 1 (best) to 51; cameras are at about 23 to 35.

    Raises:
        SettingsError: if the frames are not uint8, PyAV is not installed, or its FFmpeg cannot
            encode H.264.
    """
    frames = np.asarray(frames)
    _check_bytes(frames, "h264")
    if find_spec("av") is None:
        raise SettingsError("artefacts.h264: needs PyAV; run pip install 'irpoint[video]'")
    import av

    height, width = frames.shape[1:]
    # 4:2:0 video has even sides.
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    try:
        decoded = list(_decoded(_encoded(even, quality)))
    except (av.error.FFmpegError, ValueError) as error:  # ValueError: no such encoder
        raise SettingsError(
            f"artefacts.h264: PyAV cannot encode H.264 here ({one_line(error)}); "
            "install another build of PyAV"
        ) from error
    return np.stack(decoded)[:, :height, :width]


def _encoded(frames: Bytes, quality: int) -> list[Any]:
    """Packets of the frames, with the encoder's settings in front."""
    import av

    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width = frames.shape[1:]
    encoder.pix_fmt, encoder.framerate, encoder.thread_count = "yuv420p", 25, 1
    encoder.time_base = 1 / encoder.framerate
    encoder.options = {"crf": str(quality), "preset": "veryfast"}
    packets = []
    for number, frame in enumerate(frames):
        grey = np.full((frame.shape[0] // 2, frame.shape[1]), 128, np.uint8)  # no colour
        image = av.VideoFrame.from_ndarray(np.concatenate([frame, grey]), "yuv420p")
        image.pts = number
        packets += encoder.encode(image)
    return [*packets, *encoder.encode(None)]


def _decoded(packets: list[Any]) -> list[Bytes]:
    import av

    decoder: Any = av.CodecContext.create("h264", "r")
    images = [image for packet in [*packets, None] for image in decoder.decode(packet)]
    return [image.to_ndarray()[: image.height] for image in images]


def _check_bytes(frame: Frame, name: str) -> None:
    if frame.dtype != np.uint8:
        raise SettingsError(
            f"artefacts.{name}: needs 8-bit frames, not {frame.dtype}; set artefacts.agc=plateau"
        )
