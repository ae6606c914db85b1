"""The lines that an operator must see: each on standard error and on the page."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from irpoint.errors import escaped

_KEPT = 50


@dataclass(frozen=True)
class Event:
    """One line.

    Attributes:
        number: from 1, in the order of the events.
        utc_s: when it was last reported, in seconds since 1970-01-01 00:00 UTC.
        text: the line.
        count: how often it was reported in a row.
    """

    number: int
    utc_s: float
    text: str
    count: int = 1


class EventLog:
    """The latest events. Threads may share it.

    Args:
        write: prints a line; called once for an event that is repeated in a row.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()
        self._number = 0

    def add(self, text: str) -> None:
        """Report an event."""
        text, now = escaped(text), time.time()
        with self._lock:
            self._number += 1
            last = self._events[-1] if self._events else None
            if last is not None and last.text == text:
                again = replace(last, number=self._number, utc_s=now, count=last.count + 1)
                self._events[-1] = again
                return
            self._events.append(Event(self._number, now, text))
        self._write(text)

    def latest(self) -> list[Event]:
        """The latest events, oldest first."""
        with self._lock:
            return list(self._events)
