"""The :class:`Source` protocol, and the records that a source of frames yields.

:mod:`irpoint.frames.sources` has one class per kind of source;
:data:`irpoint.frames.open.SOURCES` is the table of these classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from irpoint.errors import escaped
from irpoint.frames.arrays import Frame
from irpoint.frames.raw import RawLayout
from irpoint.frames.stack import Stack
from irpoint.points import Instant


@dataclass(frozen=True, eq=False)
class SourceFrame:
    """One frame (H, W) of a source.

    Attributes:
        source: name of the file or stream.
        index: number of the frame in the source, from 0.
        time_s: seconds since the first frame; None if the source has no clock.
        frame: pixels in the source's data type.
        received: when the frame was read; by default, now.
    """

    source: str
    index: int
    time_s: float | None
    frame: Frame
    received: Instant = field(default_factory=Instant.now)


@dataclass(frozen=True)
class Skipped:
    """A source, or part of one, that was skipped. ``reason`` is one line that names the source."""

    source: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", escaped(self.reason))


class Source(Protocol):
    """A named sequence of frames.

    To add a kind of source, write a class with these members, for example a subclass of
    :class:`irpoint.frames.sources.base.NamedSource`, and add it to
    :data:`irpoint.frames.open.SOURCES`.

    Attributes:
        suffixes: lower-case suffixes of the files that a folder scan includes for this kind of
            source. Empty if the name is not a path but, for example, a network address.
        name: name of the source, as the user gave it.
        live: whether frames arrive in real time, so that none should wait for a batch to fill.
        clock: whether frames have times.
        repeatable: whether the same name gives the same frames again, also in another process.
    """

    suffixes: ClassVar[tuple[str, ...]]
    name: str
    live: bool
    clock: bool
    repeatable: bool

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        """Prepare the source without opening it; ``raw`` is the layout of headerless frames."""

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        """Whether ``name`` is of this kind, judged by the name alone."""
        ...

    def frames(self) -> Iterator[SourceFrame | Skipped]:
        """The frames in order. A part that cannot be read is yielded as :class:`Skipped`."""
        ...

    def open(self) -> Stack:
        """The same frames in any order, for the labelling page.

        Raises:
            FrameError: if the source cannot be read.
        """
        ...

    def count(self) -> int:
        """Number of frames.

        Raises:
            FrameError: if the source cannot be read.
        """
        ...
