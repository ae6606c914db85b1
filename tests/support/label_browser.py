"""The labelling page in headless Chromium: servers of it, and what a person does on it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("playwright.sync_api", reason="needs playwright")
import uvicorn
from playwright.sync_api import expect

from irpoint.label import LabelSession
from irpoint.label.app import create_app
from irpoint.label.store import Store

expect.set_options(timeout=20_000)  # ms; a busy machine needs more than five seconds for a model


class PageServer:
    """Serves the page of a session from a thread; may be stopped and started again.

    Attributes:
        folder, out: arguments of the session.
        address: address of the page; the same after a restart.
        session: the session, while the server runs.
    """

    def __init__(self, folder: Path, out: Path) -> None:
        self.folder, self.out, self._port = folder, out, 0
        self.address = ""
        self.session: Any = None
        self._server: Any = None

    def start(self) -> None:
        self.session = LabelSession(self.folder, self.out)
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen()
        self._port = listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}/"
        config = uvicorn.Config(
            create_app(self.session), log_level="error", ws="none", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],))
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
            self._thread.join()
            self.session.close()
            self._server = None

    def stored(self, frame: str) -> Any:
        """The labels of a frame on disk; None if there are none."""
        store = Store(self.out / "labels.sqlite")
        found = store.get(frame)
        store.close()
        return found.labels if found else None


class PageProcess(PageServer):
    """``irpoint label`` in its own process, to be killed."""

    _process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> None:
        call = [sys.executable, "-c", "from irpoint.cli import main; main()", "label"]
        call += [str(self.folder), "--out", str(self.out), "--no-browser", "--port", "0", *options]
        self._process = subprocess.Popen(
            call, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        assert self._process.stdout is not None
        found = (re.search(r"http://\S+", line) for line in self._process.stdout)
        self.address = next(match[0] for match in found if match)

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.communicate()
            self._process = None


class HeldRequests:
    """Holds the requests of a page to an address until they are released."""

    def __init__(self, page: Any, address: str) -> None:
        self._held: list[Any] = []
        self._release: tuple[str, dict[str, Any]] | None = None
        page.route(address, self._handle)

    def _handle(self, request: Any) -> None:
        if self._release is None:
            self._held.append(request)
        else:
            how, answer = self._release
            self._release = "continue_", {}
            getattr(request, how)(**answer)

    def release(self, how: str = "continue_", **answer: Any) -> None:
        """Release the held requests, or the next one if none is held; later ones pass."""
        held, self._held = self._held, []
        self._release = ("continue_", {}) if held else (how, answer)
        for request in held:
            getattr(request, how)(**answer)


def shows(page: Any, element: str, text: str | re.Pattern[str]) -> None:
    """Wait until an element shows a text."""
    expect(page.locator(element)).to_have_text(text)


def saved(page: Any) -> None:
    """Wait until every change is saved."""
    shows(page, "#saved", "saved")


def settled(page: Any, frame: str) -> None:
    """Wait until a frame is shown and every change is saved."""
    page.wait_for_selector(f'body[data-ready="{frame}"]')
    saved(page)


def banner(page: Any) -> str:
    """Wait for a message in the banner, and return it."""
    page.wait_for_selector("#banner:not([hidden])")
    return str(page.inner_text("#banner"))


def on_screen(
    page: Any, x: float, y: float, size: tuple[int, int] = (96, 64)
) -> tuple[float, float]:
    """Screen position of a point of the frame, while the whole frame is shown."""
    box = page.locator("#view").bounding_box()
    scale = min(box["width"] / size[0], box["height"] / size[1])
    left = box["x"] + (box["width"] - size[0] * scale) / 2
    top = box["y"] + (box["height"] - size[1] * scale) / 2
    return left + (x + 0.5) * scale, top + (y + 0.5) * scale


def click(page: Any, x: float, y: float, **how: Any) -> None:
    """Click on a point of the frame, and wait until it is saved."""
    page.mouse.click(*on_screen(page, x, y), **how)
    saved(page)


def wait_for_points(page: Any, count: int) -> None:
    """Wait until the frame has a number of points, and they are saved."""
    shows(page, "#count", "1 point" if count == 1 else f"{count} points")
    saved(page)


def max_error(server: PageServer, frame: str, truth: list[tuple[float, float]]) -> float:
    """Largest distance of a target to the nearest stored point; their numbers must be equal."""
    points = np.array([(p.x, p.y) for p in server.stored(frame).points]).reshape(-1, 2)
    assert len(points) == len(truth)
    gaps = np.linalg.norm(points[None] - np.array(truth)[:, None], axis=2)
    return float(gaps.min(axis=1).max())
