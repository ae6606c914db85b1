"""Labelling pages for recorded pieces, each in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from irpoint.errors import SettingsError

_ADDRESS = re.compile(r"http://\S+")
_WAIT_S = 60.0
_END_S = 10.0
_NICE = "10"  # the page must not slow the detection


class LabelPages:
    """Starts ``irpoint label`` for a folder, and keeps it until :meth:`close`.

    Args:
        host: address that the pages bind.
        options: further options of the command.
    """

    def __init__(self, host: str, options: list[str]) -> None:
        self._host, self._options = host, options
        self._pages: dict[Path, tuple[subprocess.Popen[str], str]] = {}
        self._lock = threading.Lock()

    def open(self, folder: Path) -> str:
        """The address of the labelling page of a folder, which is started if necessary.

        Raises:
            SettingsError: if it does not start.
        """
        with self._lock:
            process, address = self._pages.get(folder, (None, ""))
            if process is None or process.poll() is not None:
                process = self._start(folder)
                self._pages[folder] = process, ""
                address = self._read_address(process)
                self._pages[folder] = process, address
            return address

    def close(self) -> None:
        """End all pages."""
        for process, _ in self._pages.values():
            process.terminate()
        for process, _ in self._pages.values():
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def _start(self, folder: Path) -> subprocess.Popen[str]:
        nice = shutil.which("nice")
        call = [nice, "-n", _NICE] if nice else []
        call += [sys.executable, "-c", "from irpoint.cli import main; main()", "label"]
        call += [str(folder), "--no-browser", "--host", self._host, "--port", "0", *self._options]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            call,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is for the live page, which ends it
        )

    def _read_address(self, process: subprocess.Popen[str]) -> str:
        """Wait for the address; then go on reading, so that the process never waits for us."""
        found: list[str] = []
        lines: list[str] = []
        ready = threading.Event()

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line.strip())
                del lines[:-5]
                if match := _ADDRESS.search(line):
                    found.append(match[0])
                    ready.set()
            ready.set()

        threading.Thread(target=read, name="live-label", daemon=True).start()
        ready.wait(_WAIT_S)
        if not found:
            process.terminate()
            reason = lines[-1].removeprefix("irpoint: error: ") if lines else "no answer"
            raise SettingsError(f"the labelling page did not start: {reason}")
        return found[0]
