"""Video files, cameras and network streams through PyAV (extra ``video``), at their full depth."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame

if TYPE_CHECKING:
    import av

VIDEO_SUFFIXES = (
    ".mp4", ".avi", ".mkv", ".mov", ".m4v", ".webm", ".ts", ".mpg", ".mpeg", ".wmv", ".y4m",
    ".mjpeg", ".mxf",
)  # fmt: skip
_DEVICE = "/dev/video"
_MAY_END = ("http:", "https:", "ftp:", "sftp:")  # where a length is stated; the rest are cameras
_TIMEOUT_S = 10.0  # without a packet a stream counts as dropped
_PAUSES_S = (1.0, 2.0, 4.0, 8.0)  # before each new attempt to reach a dropped stream

Timed = tuple[float, Frame]  # seconds since the start, (H, W)


def is_address(source: str) -> bool:
    """Whether a source is an address: ``rtsp://…``, ``https://…``, ``file://…`` and so on."""
    return "://" in source


def is_live(source: str) -> bool:
    """Whether frames may come at a camera's pace, from an address or a device."""
    remote = is_address(source) and not source.lower().startswith("file:")
    return remote or source.startswith(_DEVICE)


def is_video(source: str) -> bool:
    """Whether a source is for PyAV to read, by its name."""
    return is_address(source) or is_live(source) or Path(source).suffix.lower() in VIDEO_SUFFIXES


def read_video(source: str) -> Iterator[Timed | str]:
    """Frames of a video with their times; between them, one line on each damage that was passed.

    The luminance as it is stored: 8 to 16 bits, nothing is converted. A live stream that drops is
    called again, four times in a quarter of a minute.

    Raises:
        FrameError: where it cannot be opened or holds no video, or a file ends in damage.
    """
    live, start, attempt = is_live(source), time.monotonic(), 0
    while True:
        began = time.monotonic() - start
        try:
            with open_video(source) as container:
                # What has an end is not begun again.
                live = live and not (source.lower().startswith(_MAY_END) and container.duration)
                for item in _read_once(container, source, began if live else 0.0):
                    attempt = 0 if not isinstance(item, str) else attempt
                    yield item
            if not live:
                return
            said = f"{source}: the stream ended"
        except FrameError as error:
            if not live or (attempt == 0 and time.monotonic() - start < _PAUSES_S[0]):
                raise
            said = str(error)
        if attempt >= len(_PAUSES_S):
            raise FrameError(f"{said}; given up after {attempt} attempts to reach it again")
        yield f"{said}; calling again"
        time.sleep(_PAUSES_S[attempt])
        attempt += 1


def _read_once(container: Any, source: str, began: float) -> Iterator[Timed | str]:
    if not container.streams.video:
        raise FrameError(f"{source}: holds no video")
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    rate = float(stream.average_rate or stream.guessed_rate or 25)
    yield from _decode(container, stream, source, rate, began)


def _decode(container: Any, stream: Any, source: str, rate: float, began: float) -> Iterator[Any]:
    import av

    index, first, broken = 0, None, False
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError) as error:
            raise FrameError(
                f"{source}: breaks off after {index} frames ({_why(error)})"
            ) from error
        if packet is None:
            break
        try:
            pictures = packet.decode()
        except av.error.FFmpegError as error:
            if not broken:
                yield f"{source}: damaged after frame {index} ({_why(error)}); going on"
            broken = True
            continue
        for picture in pictures:
            broken = False
            clock = picture.time if picture.time is not None else index / rate
            first = clock if first is None else first
            yield began + clock - first, luminance(picture)
            index += 1
    if not index:
        raise FrameError(f"{source}: no frame of it can be read")


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
    if source.startswith(_DEVICE):
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
        raise FrameError(f"{source}: cannot be read as video ({_why(error)})") from error


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


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
