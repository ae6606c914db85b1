"""A file of headerless frames; the user gives their layout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from irpoint.errors import FrameError, one_line
from irpoint.frames.raw import RawLayout
from irpoint.frames.sources.base import Item, NamedSource


class RawFile(NamedSource):
    """A file or a character device. Matches every name if a layout is given."""

    suffixes: ClassVar[tuple[str, ...]] = (".raw", ".bin", ".dat", ".img")

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        super().__init__(name, raw)
        self.live = Path(name).is_char_device()
        self.repeatable = not self.live

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return raw is not None

    def read(self) -> Iterator[Item]:
        if self.raw is None:
            raise FrameError(f"{self.name}: headerless frames need a layout; give --raw")
        try:
            with Path(self.name).open("rb") as stream:
                for frame in self.raw.read(stream, self.name):
                    yield None, frame
        except OSError as error:
            raise FrameError(f"{self.name}: cannot be read ({one_line(error)})") from error
