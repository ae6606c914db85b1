"""Frames that can only be read in order, as a stack that can be read in any order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import cached_property

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame
from irpoint.frames.stack import Stack

# Time in seconds (or None) and pixels (H, W) of a frame; or a one-line reason for a skipped part.
Item = tuple[float | None, Frame] | str


class ReadInOrder(Stack):
    """The frames that ``read`` yields. A step backwards starts again at the first frame.

    May be shared by threads.

    Args:
        name: name of the source in error messages.
        read: starts to read at the first frame.
    """

    def __init__(self, name: str, read: Callable[[], Iterator[Item]]) -> None:
        super().__init__()
        self._name, self._read = name, read
        self._lock = threading.RLock()
        self._frames: Iterator[tuple[float | None, Frame]] = iter(())
        self._last: tuple[float | None, Frame] | None = None
        self._next = 0

    @cached_property
    def _count(self) -> int:
        count = 0
        try:
            for _ in _frames(self._read()):
                count += 1
        except FrameError:
            if not count:
                raise
        return count

    def __len__(self) -> int:
        with self._lock:
            return self._count

    def read(self, index: int) -> Frame:
        return self._item(index)[1]

    def time_s(self, index: int) -> float | None:
        return self._item(index)[0]

    def _item(self, index: int) -> tuple[float | None, Frame]:
        with self._lock:
            if self._last is None or index < self._next - 1:
                self._frames, self._last, self._next = _frames(self._read()), None, 0
            while self._next <= index:
                self._last = next(self._frames, None)
                if self._last is None:
                    raise FrameError(f"{self._name}: no frame {index}; it has {self._next} frames")
                self._next += 1
            assert self._last is not None
            return self._last


def _frames(items: Iterator[Item]) -> Iterator[tuple[float | None, Frame]]:
    return (item for item in items if not isinstance(item, str))
