"""An image file: one frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from irpoint.frames.arrays import Frame
from irpoint.frames.raw import RawLayout
from irpoint.frames.read import READABLE_SUFFIXES, read_frame
from irpoint.frames.source import Skipped, SourceFrame, number_frames


class ImageFile:
    """A file with one frame, recognised by its content. Matches every name."""

    suffixes: ClassVar[tuple[str, ...]] = READABLE_SUFFIXES
    live = False
    clock = False
    repeatable = True

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        self.name = name

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return True

    def frames(self) -> Iterator[SourceFrame | Skipped]:
        return number_frames(self.name, self._frame())

    def _frame(self) -> Iterator[tuple[None, Frame]]:
        yield None, read_frame(self.name)
