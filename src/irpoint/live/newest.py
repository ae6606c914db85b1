"""The newest frame of a source: what is not fetched in time is dropped and counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import ClassVar

from irpoint.errors import FrameError
from irpoint.frames.source import Skipped, Source, SourceFrame
from irpoint.frames.stack import Stack


class Newest:
    """Hands the newest frame from the thread that reads to the thread that detects.

    Attributes:
        dropped: number of frames that were replaced by a newer one before they were taken.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._frame: SourceFrame | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, frame: SourceFrame) -> None:
        """Replace the frame; never waits."""
        with self._changed:
            self.dropped += self._frame is not None
            self._frame = frame
            self._changed.notify()

    def take(self) -> SourceFrame | None:
        """The newest frame that was not taken yet; waits for one. None after :meth:`close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._closed)
            frame, self._frame = self._frame, None
            return None if self._closed else frame

    def close(self) -> None:
        """End the waiting."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class NewestSource(Source):
    """The newest frames as a :class:`irpoint.frames.source.Source`, for ``detect_frames``.

    Args:
        newest: where the frames come from.
        take_note: called with each frame before it is detected.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()
    live, clock, repeatable = True, True, False

    def __init__(self, newest: Newest, take_note: Callable[[SourceFrame], None]) -> None:
        self.name = "live"
        self._newest, self._take_note = newest, take_note
        self._held: SourceFrame | None = None

    @classmethod
    def matches(cls, name: str, raw: object) -> bool:
        """No name: it is built from a reader."""
        return False

    def frames(self) -> Iterator[SourceFrame | Skipped]:
        """The newest frame each time, until one has another size.

        The next call begins with that frame.
        """
        shape = None
        while (frame := self._held or self._newest.take()) is not None:
            self._held = None
            if shape is not None and frame.frame.shape != shape:
                self._held = frame
                return
            shape = frame.frame.shape
            self._take_note(frame)
            yield frame

    def open(self) -> Stack:
        """Not possible."""
        raise FrameError(f"{self.name}: its frames cannot be read in any order")

    def count(self) -> int:
        """Not known."""
        raise FrameError(f"{self.name}: the number of its frames is not known")
