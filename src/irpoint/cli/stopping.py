"""Stop a training on a signal: one line with the command that resumes it, and no traceback."""

from __future__ import annotations

import multiprocessing
import os
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

# Ctrl-C; ``kill`` and job schedulers; a closed terminal, if the system has that signal.
_STOPPING = [
    signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
_NAME = "irpoint"
INTERRUPTED = 130
"""The exit code of a process that Ctrl-C ended."""
_SHOW_CURSOR = b"\x1b[?25h"  # a progress bar hides it


class StopOnSignal:
    """A context in which a signal ends the process with exit code 128 + its number.

    The process ends at once, from wherever it is, instead of raising an exception that a library
    may catch, delay or print. A training can be killed at any moment, because all of its files are
    written atomically. Signals that the process was started to ignore, as by ``nohup``, stay
    ignored.

    Attributes:
        saved: number of epochs that are saved; set while training.
        epochs: number of all epochs; 0 while it is not known.
        prints: whether this process prints, as the first of several does.
    """

    def __init__(self, prints: bool = True) -> None:
        self.saved = 0
        self.epochs = 0
        self.prints = prints
        self._process = os.getpid()
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopOnSignal:
        for number in _STOPPING:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._handlers[number] = signal.signal(number, self._stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def note_saved(self, epochs: int) -> None:
        """Take note that so many epochs are saved."""
        self.saved = epochs

    def line(self) -> str:
        """What was stopped and how to resume it, on one line."""
        if not self.saved:
            state = "before an epoch was saved. Start again"
        elif self.saved >= self.epochs:
            state = "after the last epoch, before the model was exported. Resume"
        else:
            state = f"after epoch {self.saved} of {self.epochs}, which is saved. Resume"
        return f"irpoint: stopped {state} with: {resuming_command(sys.argv)}"

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            self._stop_worker(number)
            return
        for other in self._handlers:
            signal.signal(other, signal.SIG_IGN)  # a second Ctrl-C changes nothing
        if self.prints:
            # Not through sys.stderr, which may be in the middle of a write.
            if os.isatty(1):
                os.write(1, _SHOW_CURSOR + b"\n")
            line = f"{self.line()}\n".encode()
            with suppress(OSError):  # the terminal may be closed
                os.write(2, line)
        for worker in multiprocessing.active_children():
            worker.kill()
        os._exit(128 + number)

    def _stop_worker(self, number: int) -> None:
        """In a process that prepares crops: Ctrl-C is for its parent, which ends it."""
        if number != signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


def resuming_command(arguments: list[str]) -> str:
    """The command line ``arguments`` with ``--resume``, quoted for the shell."""
    program, *options = arguments
    installed = shutil.which(_NAME)
    known = installed is not None and shutil.which(program) == installed
    if known or not Path(program).name.startswith(_NAME):
        program = _NAME
    if "--resume" not in options:
        options.append("--resume")
    quote = subprocess.list2cmdline if os.name == "nt" else shlex.join
    return quote([program, *options])
