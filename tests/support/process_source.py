"""A source of video in a process of its own."""

from __future__ import annotations

import signal
import subprocess
from types import TracebackType
from typing import Self


class ProcessSource:
    """Sends video until the block ends; made by its subclasses."""

    _process: subprocess.Popen[bytes]

    def stall(self) -> None:
        """Send nothing until :meth:`resume`; a connection stays."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on."""
        self._process.send_signal(signal.SIGCONT)

    def unplug(self) -> None:
        """End the process at once, without a word to the receiver."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.unplug()
