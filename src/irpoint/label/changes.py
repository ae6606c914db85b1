"""Which frames have changed since a page last asked, so that every open tab can follow."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable


class Changes:
    """Counts the changes of frames.

    A *mark* is what a page sends to learn what has changed since. It is valid for this object
    alone, so that a page notices if the server was restarted.
    """

    def __init__(self) -> None:
        self._name = secrets.token_hex(4)
        self._count = 0
        self._last: dict[str, int] = {}  # frame → number of its last change, in rising order
        self._lock = threading.Lock()

    def note(self, frames: Iterable[str]) -> None:
        """Record that frames have changed."""
        with self._lock:
            self._count += 1
            for frame in frames:
                self._last.pop(frame, None)
                self._last[frame] = self._count

    def since(self, mark: str) -> tuple[str, list[str] | None]:
        """The present mark, and the frames that have changed since an earlier one.

        Returns:
            The mark, and the frames; None instead if ``mark`` is not one of this object, so that
            any frame may have changed.
        """
        name, _, number = mark.partition("-")
        with self._lock:
            now = f"{self._name}-{self._count}"
            if name != self._name or not number.isdecimal():
                return now, None
            frames = []
            for frame, at in reversed(self._last.items()):
                if at <= int(number):
                    break
                frames.append(frame)
            return now, frames
