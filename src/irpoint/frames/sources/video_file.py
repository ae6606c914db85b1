"""A video file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from irpoint.frames.sources.base import Item, NamedSource
from irpoint.frames.video import VIDEO_SUFFIXES, read_video


class VideoFile(NamedSource):
    """A video file, recognised by its suffix."""

    suffixes: ClassVar[tuple[str, ...]] = VIDEO_SUFFIXES
    clock = True

    def read(self) -> Iterator[Item]:
        return read_video(self.name)
