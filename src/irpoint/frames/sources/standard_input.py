"""Standard input: one image, or headerless frames for as long as they come."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import BinaryIO, ClassVar

from irpoint.frames.arrays import Frame
from irpoint.frames.raw import RawLayout
from irpoint.frames.read import read_frame
from irpoint.frames.source import Skipped, SourceFrame, number_frames


class StandardInput:
    """The source named ``"-"``; live if its frames are headerless."""

    suffixes: ClassVar[tuple[str, ...]] = ()
    clock = False
    repeatable = False

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        self.name = name
        self.live = raw is not None
        self._layout = raw

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return name == "-"

    def frames(self) -> Iterator[SourceFrame | Skipped]:
        return number_frames(self.name, self._read())

    def _read(self) -> Iterator[tuple[None, Frame]]:
        stream, title = _unbuffered(), "standard input"
        if self._layout is None:
            yield None, read_frame(stream.read(), title)
            return
        for frame in self._layout.read(stream, title):
            yield None, frame


def _unbuffered() -> BinaryIO:
    """Standard input without Python's buffer.

    A thread that waits for input holds the buffer's lock, and the interpreter aborts a process that
    exits meanwhile.
    """
    stream: BinaryIO = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    return stream
