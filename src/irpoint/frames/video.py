"""Video files, cameras and network streams through PyAV (extra ``video``), at their full depth."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from irpoint.errors import FrameError, one_line
from irpoint.frames.arrays import Frame

if TYPE_CHECKING:
    import av

VIDEO_SUFFIXES = (
    ".mp4", ".avi", ".mkv", ".mov", ".m4v", ".webm", ".ts", ".mpg", ".mpeg", ".wmv", ".y4m",
    ".mjpeg", ".mxf",
)  # fmt: skip
_CAMERA = "/dev/video"
_TIMEOUT_S = 10.0  # a stream without a packet for so long counts as dropped

TimedFrame = tuple[float, Frame]  # seconds since the start, (H, W)


def is_address(name: str) -> bool:
    """Whether a name is an address: ``rtsp://…``, ``https://…``, ``file://…`` and so on."""
    return "://" in name


def is_camera(name: str) -> bool:
    """Whether a name is a V4L2 device of this machine, as ``/dev/video0``."""
    return name.startswith(_CAMERA)


def read_video(name: str) -> Iterator[TimedFrame | str]:
    """Frames of a video file with their times; in between, one line per damaged part.

    The luminance is given as stored, 8 to 16 bits; nothing is converted.

    Raises:
        FrameError: if the file cannot be opened, holds no video, or ends in damage.
    """
    with open_video(name) as container:
        yield from read_container(container, name)


def read_container(container: Any, name: str, offset: float = 0.0) -> Iterator[TimedFrame | str]:
    """Frames of an opened container as :func:`read_video` gives them, times ``offset`` seconds on.

    Raises:
        FrameError: if the container holds no video, or ends in damage.
    """
    if not container.streams.video:
        raise FrameError(f"{name}: holds no video")
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    rate = float(stream.average_rate or stream.guessed_rate or 25)
    index, first = 0, None
    for picture in _decode(container, stream, name):
        if isinstance(picture, str):
            yield picture
            continue
        clock = picture.time if picture.time is not None else index / rate
        first = clock if first is None else first
        yield offset + clock - first, luminance(picture)
        index += 1
    if not index:
        raise FrameError(f"{name}: no frame of it can be read")


def _decode(container: Any, stream: Any, name: str) -> Iterator[av.VideoFrame | str]:
    """The pictures of a stream; one line per run of packets that cannot be decoded."""
    import av

    count, damaged = 0, False
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise FrameError(
                f"{name}: breaks off after {count} frames ({one_line(error)})"
            ) from error
        if packet is None:
            return
        try:
            pictures = packet.decode()
        except av.error.FFmpegError as error:
            if not damaged:
                yield f"{name}: damaged after frame {count} ({one_line(error)}); going on"
            damaged = True
            continue
        for picture in pictures:
            damaged = False
            count += 1
            yield picture


def open_video(source: str) -> Any:
    """A PyAV container of a file, device or address.

    Raises:
        FrameError: where PyAV is missing, or the source cannot be read as video.
    """
    if find_spec("av") is None:
        raise FrameError(f"{source}: video needs PyAV: pip install 'irpoint[video]'")
    import av

    av.logging.set_level(av.logging.PANIC)  # what matters is raised too
    settings: dict[str, Any] = {}
    if is_camera(source):
        settings["format"] = "v4l2"
    if is_address(source):
        settings["timeout"] = _TIMEOUT_S
    if source.startswith("rtsp"):
        settings["options"] = {"rtsp_transport": "tcp"}
    # FFmpeg takes what stands before a colon for a protocol, so 12:30.mp4 needs its whole path.
    place = source if is_address(source) else str(Path(source).absolute())
    try:
        return av.open(place, **settings)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise FrameError(f"{source}: cannot be read as video ({one_line(error)})") from error


def luminance(picture: av.VideoFrame) -> Frame:
    """The stored luminance of a video frame, uint8 or uint16 (H, W); of colours, their grey."""
    kind = picture.format
    parts = kind.components
    alone = len(parts) == 1 and kind.name.startswith("gray")
    planar = kind.is_planar and not kind.is_rgb and parts[0].is_luma
    if not (alone or planar) or parts[0].bits > 16:
        deep = max(part.bits for part in parts) > 8 and not kind.name.startswith("pal")
        return luminance(picture.reformat(format="gray16le" if deep else "gray"))
    order = ">" if kind.name.endswith("be") else "<"
    dtype = np.dtype(np.uint8) if parts[0].bits <= 8 else np.dtype(f"{order}u2")
    plane = picture.planes[0]
    across = plane.line_size // dtype.itemsize
    stored = np.frombuffer(memoryview(plane), dtype)[: across * picture.height]
    pixels: Frame = stored.reshape(-1, across)[:, : picture.width]
    return pixels.astype(dtype.newbyteorder("="))  # a copy: PyAV uses the memory again
