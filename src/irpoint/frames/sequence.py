"""Any source as frames: an image, the pages of a TIFF, raw frames, a video, a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame
from irpoint.frames.raw import RawLayout, standard_input
from irpoint.frames.read import read_frame, read_pages
from irpoint.frames.video import is_live, is_video, read_video


@dataclass(frozen=True, eq=False)
class SourceFrame:
    """One frame (H, W) of a source.

    Attributes:
        source: the file or stream.
        index: number of the frame in it, from 0.
        time_s: seconds since the first frame; None where the source has no clock.
        frame: its pixels, in the source's own type.
    """

    source: str
    index: int
    time_s: float | None
    frame: Frame


@dataclass(frozen=True)
class Skipped:
    """A source, or a part of one, that was passed over; ``reason`` is one line that names it."""

    source: str
    reason: str


def has_clock(source: str | Path, raw: RawLayout | None = None) -> bool:
    """Whether the frames of a source come with times."""
    return raw is None and is_video(str(source))


def read_source(
    source: str | Path, raw: RawLayout | None = None
) -> Iterator[SourceFrame | Skipped]:
    """The frames of a source, one after the other; what cannot be read is said and passed over.

    Args:
        source: an image, a multi-page TIFF, a video file, a device (``/dev/video0``), an address
            (``rtsp://…``), or ``"-"`` for standard input.
        raw: how the pixels lie, for headerless files.
    """
    name = str(source)
    try:
        if raw is not None:
            frames = enumerate(raw.read(source))
            yield from (SourceFrame(name, index, None, frame) for index, frame in frames)
        elif is_video(name):
            yield from _video(name)
        elif Path(name).suffix.lower() in (".tif", ".tiff"):
            pages = enumerate(read_pages(source))
            yield from (SourceFrame(name, index, None, frame) for index, frame in pages)
        elif name == "-":
            frame = read_frame(standard_input().read(), "standard input")
            yield SourceFrame(name, 0, None, frame)
        else:
            yield SourceFrame(name, 0, None, read_frame(source))
    except FrameError as error:
        yield Skipped(name, str(error))


def waits_for_frames(source: str | Path, raw: RawLayout | None = None) -> bool:
    """Whether frames come one at a time at a camera's pace, so that none should wait for others."""
    return is_live(str(source)) or (raw is not None and str(source) == "-")


def _video(name: str) -> Iterator[SourceFrame | Skipped]:
    index = 0
    for item in read_video(name):
        if isinstance(item, str):
            yield Skipped(name, item)
        else:
            yield SourceFrame(name, index, *item)
            index += 1
