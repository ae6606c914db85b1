"""The table of source kinds, and how a name selects one of them."""

from __future__ import annotations

from pathlib import Path

from irpoint.frames.cut import Cut, CutSource
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Source
from irpoint.frames.sources.frame_file import FileOfFrames
from irpoint.frames.sources.raw_file import RawFile
from irpoint.frames.sources.standard_input import StandardInput
from irpoint.frames.sources.video_file import VideoFile
from irpoint.frames.sources.video_stream import VideoStream

# The first kind that matches a name wins; the last one matches every name.
SOURCES: tuple[type[Source], ...] = (
    StandardInput,
    RawFile,
    VideoStream,
    VideoFile,
    FileOfFrames,
)


def open_source(name: str | Path, raw: RawLayout | None = None, cut: Cut | None = None) -> Source:
    """Open the source that a name refers to. Nothing is read until its frames are requested.

    Args:
        name: an image, a TIFF, an array or a video file; a camera (``/dev/video0``); an address
            (``rtsp://…``); or ``"-"`` for standard input.
        raw: layout of the pixels, for headerless files.
        cut: rows and columns to cut off each frame.
    """
    source = source_kind(str(name), raw)(str(name), raw)
    return source if cut is None else CutSource(source, cut)


def source_kind(name: str, raw: RawLayout | None = None) -> type[Source]:
    """The first class of :data:`SOURCES` that matches a name."""
    return next(kind for kind in SOURCES if kind.matches(name, raw))


def readable_suffixes(raw: RawLayout | None = None) -> tuple[str, ...]:
    """Suffixes of the files that a folder scan includes; those of headerless files with ``raw``."""
    return tuple(
        suffix
        for kind in SOURCES
        for suffix in kind.suffixes
        if source_kind(f"frame{suffix}", raw) is kind
    )
