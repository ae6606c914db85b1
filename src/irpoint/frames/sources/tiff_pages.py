"""A TIFF file of one page or many: each page is a frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from irpoint.frames.raw import RawLayout
from irpoint.frames.read import read_pages
from irpoint.frames.source import Skipped, SourceFrame, number_frames
from irpoint.frames.tiff import TIFF_SUFFIXES


class TiffPages:
    """The pages of a TIFF file."""

    suffixes: ClassVar[tuple[str, ...]] = TIFF_SUFFIXES
    live = False
    clock = False
    repeatable = True

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        self.name = name

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return Path(name).suffix.lower() in cls.suffixes

    def frames(self) -> Iterator[SourceFrame | Skipped]:
        return number_frames(self.name, ((None, frame) for frame in read_pages(self.name)))
