"""Standard input: one file, or headerless frames until it is closed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import BinaryIO

from irpoint.frames.raw import RawLayout
from irpoint.frames.read import FrameFile
from irpoint.frames.sources.base import Item, NamedSource


class StandardInput(NamedSource):
    """The source named ``"-"``. It is live if a layout of headerless frames is given."""

    repeatable = False

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        super().__init__(name, raw)
        self.live = raw is not None

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return name == "-"

    def read(self) -> Iterator[Item]:
        stream, title = _unbuffered(), "standard input"
        if self.raw is None:
            with FrameFile(stream.read(), title) as file:
                for frame in file:
                    yield None, frame
            return
        for frame in self.raw.read(stream, title):
            yield None, frame


def _unbuffered() -> BinaryIO:
    """Standard input without Python's buffer.

    A thread that waits for input holds the lock of the buffer. If the process exits in the
    meantime, the interpreter aborts.
    """
    stream: BinaryIO = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    return stream
