"""The base class of the sources."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from irpoint.errors import FrameError
from irpoint.frames.in_order import Item, ReadInOrder
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped, SourceFrame
from irpoint.frames.stack import Stack

__all__ = ["Item", "NamedSource"]


class NamedSource(ABC):
    """A :class:`irpoint.frames.source.Source` whose frames come from :meth:`read`.

    By default, it is a file, recognised by its suffix, whose frames have no times.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()
    live = False
    clock = False
    repeatable = True

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        self.name = name
        self.raw = raw

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        """Whether ``name`` is of this kind, judged by the name alone."""
        return Path(name).suffix.lower() in cls.suffixes

    def frames(self) -> Iterator[SourceFrame | Skipped]:
        """The frames in order. A part that cannot be read is yielded as :class:`Skipped`."""
        index = 0
        try:
            for item in self.read():
                if isinstance(item, str):
                    yield Skipped(self.name, item)
                else:
                    yield SourceFrame(self.name, index, *item)
                    index += 1
        except FrameError as error:
            yield Skipped(self.name, str(error))

    def open(self) -> Stack:
        """The frames in any order. By default, :meth:`read` starts again for a step backwards.

        Raises:
            FrameError: if the source cannot be read.
        """
        return ReadInOrder(self.name, self.read)

    def count(self) -> int:
        """Number of frames.

        Raises:
            FrameError: if the source cannot be read.
        """
        with self.open() as stack:
            return len(stack)

    @abstractmethod
    def read(self) -> Iterator[Item]:
        """The times and pixels of the frames, and a one-line reason for each skipped part.

        Raises:
            FrameError: if the source cannot be read, or cannot be read to its end.
        """
