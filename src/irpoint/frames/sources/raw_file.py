"""A file of headerless frames whose layout the user states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped, SourceFrame, number_frames


class RawFile:
    """A file, or a character device, of headerless frames. Matches if a layout is given."""

    suffixes: ClassVar[tuple[str, ...]] = (".raw", ".bin", ".dat", ".img")
    clock = False

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        if raw is None:
            raise ValueError("a raw file needs a layout")
        self.name = name
        self.live = Path(name).is_char_device()
        self.repeatable = not self.live
        self._layout = raw

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return raw is not None

    def frames(self) -> Iterator[SourceFrame | Skipped]:
        return number_frames(self.name, self._read())

    def _read(self) -> Iterator[tuple[None, Frame]]:
        try:
            with Path(self.name).open("rb") as stream:
                for frame in self._layout.read(stream, self.name):
                    yield None, frame
        except OSError as error:
            raise FrameError(f"{self.name}: cannot be read ({error.strerror})") from error
