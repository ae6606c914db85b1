"""An image file: one frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from irpoint.frames.raw import RawLayout
from irpoint.frames.read import READABLE_SUFFIXES, read_frame
from irpoint.frames.sources.base import Item, NamedSource


class ImageFile(NamedSource):
    """A file with one frame, whose format is recognised by its content. Matches every name."""

    suffixes: ClassVar[tuple[str, ...]] = READABLE_SUFFIXES

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return True

    def read(self) -> Iterator[Item]:
        yield None, read_frame(self.name)
