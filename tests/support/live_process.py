"""``irpoint live`` in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from types import TracebackType
from typing import Any
from urllib.request import Request, urlopen

from support.waiting import wait_until


class LiveProcess:
    """The command, until the block ends.

    Attributes:
        address: of the page.
        lines: what it prints.
    """

    def __init__(self, *arguments: object) -> None:
        call = [sys.executable, "-c", "from irpoint.cli import main; main()", "live"]
        call += [*map(str, arguments), "--no-browser", "--port", "0"]
        self._process = subprocess.Popen(
            call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()
        wait_until(lambda: bool(self.address) or self._process.poll() is not None)
        assert self.address, self.lines

    @property
    def address(self) -> str:
        found = (re.search(r"http://\S+", line) for line in list(self.lines))
        return next((match[0] for match in found if match), "")

    @property
    def process_id(self) -> int:
        return self._process.pid

    def says(self, text: str) -> bool:
        """Whether a printed line contains a text."""
        return any(text in line for line in list(self.lines))

    def ask(self, path: str, body: Any = None) -> dict[str, Any]:
        """The answer to a request to the page; with a body, to a POST request."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.address + path, data, {"Content-Type": "application/json"})
        with urlopen(request) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    @property
    def health(self) -> dict[str, Any]:
        """The counters of the health line."""
        health: dict[str, Any] = self.ask("api/state")["health"]
        return health

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(how)
        return self._process.wait(60)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.strip())

    def __enter__(self) -> LiveProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.stop(signal.SIGKILL)
