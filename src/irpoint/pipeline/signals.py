"""Signals that end work, but not while what it has brought is written down."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# Ctrl-C; ``kill`` and job schedulers; a terminal that is closed, where the system has that.
_ENDING = [
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Signals:
    """A context in which a signal ends nothing but what is done inside :meth:`heard`.

    What the process was started to ignore, as by ``nohup``, stays ignored.
    """

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._hearing = self._came = False

    def __enter__(self) -> Signals:
        for number in _ENDING:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """The first signal, or one that came before, raises KeyboardInterrupt in here."""
        self._hearing = True
        try:
            if self._came:
                raise KeyboardInterrupt
            yield
        finally:
            self._hearing = False

    def _take(self, number: int, frame: FrameType | None) -> None:
        self._came = True
        if self._hearing:
            self._hearing = False
            raise KeyboardInterrupt
