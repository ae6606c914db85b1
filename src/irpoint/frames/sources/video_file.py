"""A video file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from irpoint.frames.sources.base import Item, NamedSource
from irpoint.frames.stack import Stack
from irpoint.frames.video import VIDEO_SUFFIXES, read_video
from irpoint.frames.video_seek import VideoFrames


class VideoFile(NamedSource):
    """A video file, recognised by its suffix."""

    suffixes: ClassVar[tuple[str, ...]] = VIDEO_SUFFIXES
    clock = True

    def read(self) -> Iterator[Item]:
        return read_video(self.name)

    def open(self) -> Stack:
        return VideoFrames(Path(self.name))

    def count(self) -> int:
        return VideoFrames.count(Path(self.name))
