"""A file with one or several frames: an image, a TIFF, an array and so on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from irpoint.frames.formats import is_single, suffixes
from irpoint.frames.raw import RawLayout
from irpoint.frames.read import FrameFile, read_frame
from irpoint.frames.sources.base import Item, NamedSource
from irpoint.frames.stack import Stack


class FileOfFrames(NamedSource):
    """A file of any format of :data:`irpoint.frames.formats.FORMATS`. Matches every name."""

    suffixes: ClassVar[tuple[str, ...]] = suffixes()

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return True

    def read(self) -> Iterator[Item]:
        if is_single(self.name):
            yield None, read_frame(self.name)
            return
        with FrameFile(self.name) as file:
            for frame in file:
                yield None, frame

    def open(self) -> Stack:
        return FrameFile(self.name)

    def count(self) -> int:
        """Number of frames. Images are not opened, for folders with many thousand."""
        return 1 if is_single(self.name) else super().count()
