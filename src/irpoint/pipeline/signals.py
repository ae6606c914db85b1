"""Stop a detection on a signal, but finish writing its results."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# Ctrl-C; ``kill`` and job schedulers; a closed terminal, if the system has that signal.
_STOPPING = [
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Signals:
    """A context in which signals interrupt only the code inside :meth:`interruptible`.

    Signals that the process was started to ignore, as by ``nohup``, stay ignored. In a thread
    other than the main one, Python cannot handle signals and nothing changes.
    """

    def __init__(self) -> None:
        self._handlers: dict[signal.Signals, Any] = {}
        self._interruptible = self._received = False

    def __enter__(self) -> Signals:
        if threading.current_thread() is not threading.main_thread():
            return self
        for number in _STOPPING:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._handlers[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """The first signal, or one received before, raises KeyboardInterrupt in this block."""
        self._interruptible = True
        try:
            if self._received:
                raise KeyboardInterrupt
            yield
        finally:
            self._interruptible = False

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._received = True
        if self._interruptible:
            self._interruptible = False
            raise KeyboardInterrupt
