"""A TIFF file of one or several pages. Each page is a frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from irpoint.frames.read import read_pages
from irpoint.frames.sources.base import Item, NamedSource
from irpoint.frames.tiff import TIFF_SUFFIXES


class TiffPages(NamedSource):
    """The pages of a TIFF file."""

    suffixes: ClassVar[tuple[str, ...]] = TIFF_SUFFIXES

    def read(self) -> Iterator[Item]:
        for frame in read_pages(self.name):
            yield None, frame
