"""Decode video files, cameras and network streams with PyAV (extra ``video``), at full depth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from irpoint.errors import FrameError, one_line
from irpoint.frames.arrays import Frame
from irpoint.frames.colours import colour_note
from irpoint.frames.luminance import luminance
from irpoint.frames.notes import report
from irpoint.frames.source_clock import JUMP_S

if TYPE_CHECKING:
    import av

VIDEO_SUFFIXES = (
    ".mp4", ".avi", ".mkv", ".mov", ".m4v", ".webm", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg",
    ".m2v", ".vob", ".wmv", ".asf", ".flv", ".3gp", ".ogv", ".nut", ".y4m", ".mjpeg", ".mjpg",
    ".h264", ".264", ".h265", ".265", ".mxf",
)  # fmt: skip
_CAMERA = "/dev/video"
_COLOUR_SIDE = 160  # pixels of the reduced frame whose colours are looked at
_TIMEOUT_S = 10.0  # a stream counts as dropped after this time without a packet

TimedFrame = tuple[float, Frame]  # seconds since the start, (H, W)


def is_address(name: str) -> bool:
    """Whether a name is an address: ``rtsp://…``, ``https://…``, ``file://…`` and so on."""
    return "://" in name


def is_camera(name: str) -> bool:
    """Whether a name is a V4L2 device of this machine, such as ``/dev/video0``."""
    return name.startswith(_CAMERA)


def read_video(name: str) -> Iterator[TimedFrame | str]:
    """Frames of a video file with their times, and a one-line reason for each damaged part.

    The luminance is returned as stored, with 8 to 16 bits, without conversion.

    Raises:
        FrameError: if the file cannot be opened, contains no video, or cannot be read to its end.
    """
    with open_video(name) as container:
        yield from read_container(container, name)


def read_container(container: Any, name: str, live: bool = False) -> Iterator[TimedFrame | str]:
    """Frames of an opened container, as :func:`read_video` yields them.

    Args:
        container: as :func:`open_video` returns it.
        name: name of the source in error messages.
        live: whether the times run backwards if the clock of the source does.

    Raises:
        FrameError: if the container has no video, or cannot be read to its end.
    """
    index, first, coloured = 0, None, False
    for item in decode_images(container, name, live):
        if isinstance(item, str):
            yield item
            continue
        clock, image = item
        first = clock if first is None else first
        if not coloured and index & (index - 1) == 0:  # frames 0, 1, 2, 4, 8, …
            coloured = warn_of_colours(image, name)
        try:
            frame = luminance(image)
        except FrameError as error:
            raise FrameError(f"{name}: {error}") from error
        yield clock - first, frame
        index += 1
    if not index:
        raise FrameError(f"{name}: no frame can be decoded; copy or export it again")


def decode_images(
    container: Any, name: str, live: bool = False
) -> Iterator[tuple[float, av.VideoFrame] | str]:
    """Times in seconds and images of an opened container, and a reason for each damaged part.

    Raises:
        FrameError: if the container has no video, or cannot be read to its end.
    """
    stream = video_stream(container, name)
    clock = Clock(container, stream, live)
    for image in _decode(container, stream, name):
        yield image if isinstance(image, str) else (clock.time(image), image)


def video_stream(container: Any, name: str) -> Any:
    """The first video stream of a container.

    Raises:
        FrameError: if there is none, or none that can be decoded.
    """
    if not container.streams.video:
        raise FrameError(f"{name}: contains no video; give another file")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise FrameError(f"{name}: FFmpeg cannot decode its video; convert it to another format")
    if not stream.codec_context.is_open:
        # With threads per frame, a decoder holds back as many frames as it has threads.
        stream.thread_type = "SLICE" if is_address(name) or is_camera(name) else "AUTO"
    return stream


class Clock:
    """Times of decoded frames. They do not run backwards, though time stamps do.

    Some containers have no time stamps, or time stamps in the order of decoding. A frame without
    one, or with an earlier one than the frame before, comes one period of the frame rate later.

    Args:
        container, stream: what is decoded.
        live: whether a step back of more than a second is one of the source's clock, which is kept.
    """

    # Their time stamps are in the order of decoding, which is not that of display.
    _DECODING_ORDER = ("avi", "asf", "mxf")

    def __init__(self, container: Any, stream: Any, live: bool = False) -> None:
        self._period = 1 / float(stream.average_rate or stream.guessed_rate or 25)
        self._by_decoding = container.format.name.startswith(self._DECODING_ORDER)
        self._last: float | None = None
        self._shift: float | None = None  # of the time stamps, if the first frames have none
        self._order_s = JUMP_S if live else math.inf  # a larger step back is a jump

    def time(self, image: av.VideoFrame) -> float:
        """Seconds of the next frame of the stream."""
        stamp = image.dts if self._by_decoding else image.pts
        return self.step(None if stamp is None else seconds(stamp, image.time_base))

    def step(self, time: float | None) -> float:
        """Seconds of the next frame, whose time stamp is ``time``."""
        if time is not None:
            if self._shift is None:
                self._shift = 0.0 if self._last is None else self._last + self._period - time
            time += self._shift
        if self._last is not None and (
            time is None or self._last - self._order_s < time < self._last
        ):
            time = self._last + self._period
        self._last = 0.0 if time is None else time
        return self._last


def seconds(stamp: int, time_base: Any) -> float:
    """A time stamp in seconds."""
    return float(stamp * time_base.numerator / time_base.denominator)


def _decode(container: Any, stream: Any, name: str) -> Iterator[av.VideoFrame | str]:
    """The decoded frames, and a one-line reason for each run of packets that cannot be decoded."""
    import av

    count, damaged = 0, False
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError) as error:
            reason = _reason(error)
            raise FrameError(f"{name}: breaks off after {count} frames ({reason})") from error
        if packet is None:
            return
        try:
            images = packet.decode()
        except av.error.FFmpegError as error:
            if not damaged:
                yield f"{name}: skipped a damaged part after frame {count} ({one_line(error)})"
            damaged = True
            continue
        for image in images:
            damaged = False
            count += 1
            yield image


def open_video(name: str) -> Any:
    """Open a video file, device or address as a PyAV container.

    Raises:
        FrameError: if PyAV is not installed, or the source cannot be read as video.
    """
    if find_spec("av") is None:
        raise FrameError(f"{name}: video needs PyAV; run pip install 'irpoint[video]'")
    import av

    # Errors are raised as well. At any other level, threads of a decoder that log an error wait for
    # Python, and closing the decoder waits for them.
    av.logging.set_level(None)
    settings: dict[str, Any] = {}
    if is_camera(name):
        settings["format"] = "v4l2"
    if is_address(name):
        settings["timeout"] = _TIMEOUT_S
    if name.startswith("rtsp"):
        settings["options"] = {"rtsp_transport": "tcp"}
    # FFmpeg reads the text before a colon as a protocol, so 12:30.mp4 needs an absolute path.
    location = name if is_address(name) else str(Path(name).absolute())
    try:
        return av.open(location, **settings)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise FrameError(f"{name}: cannot be read as video ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    import av

    if isinstance(error, av.error.ExitError):  # PyAV told FFmpeg to wait no longer
        return f"no data for {_TIMEOUT_S:g} s"
    return one_line(error)


def warn_of_colours(image: av.VideoFrame, name: str) -> bool:
    """Warn if a video frame has the colours of a palette or a photograph; True if it has."""
    if image.format.name.startswith(("gray", "bayer")):
        return False
    small = min(1.0, _COLOUR_SIDE / max(image.width, image.height))
    width, height = (max(1, round(side * small)) for side in (image.width, image.height))
    try:
        colours = image.reformat(width=width, height=height, format="rgb24").to_ndarray()
    except (OSError, ValueError):  # a format that FFmpeg cannot convert
        return False
    note = colour_note(colours)
    report([note] if note else [], name)
    return note is not None
