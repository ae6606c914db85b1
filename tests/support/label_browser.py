"""The labelling page in real headless Chromium: its server, its tabs, and what a person does."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.label_scenes import write_folder

pytest.importorskip("fastapi", reason="needs the extra label")
playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

from irpoint.label.store import Store  # noqa: E402

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Served:
    """``irpoint label`` in a process of its own."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.folder, self.out, self.port = folder, out, 0
        self.code = "from irpoint.cli import main; main()"
        self.address = self.token = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> None:
        call = [sys.executable, "-c", self.code, "label"]
        call += [str(self.folder), "--out", str(self.out), "--no-browser", *options]
        self._process = subprocess.Popen(
            [*call, "--port", str(self.port)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.search(r"(http://[^:]+:(\d+)/)(\S*)", line)
            if found:
                self.address, self.port, self.token = found[1], int(found[2]), found[3]
                return
        pytest.fail("the server has not come up")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait()

    def stored(self, frame: str) -> Any:
        store = Store(self.out / "labels.sqlite")
        found = store.get(frame)
        store.close()
        return found.labels if found else None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here; .ci/run installs it")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    server = Served(write_folder(tmp_path / "frames"), tmp_path / "out")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def open_page(browser: Any, served: Served) -> Iterator[Callable[..., Any]]:
    """Opens the page in a tab; fails where the page has thrown an error."""
    contexts: list[Any] = []
    errors: list[str] = []

    def opened(frame: str = "a.png", context: Any = None, **look: Any) -> Any:
        if context is None:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **look})
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{served.address}#{frame}")
        settled(page, frame)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def settled(page: Any, frame: str) -> None:
    """Wait until a frame is shown and everything is saved."""
    page.wait_for_selector(f'body[data-ready="{frame}"]')
    saved(page)


def shows(page: Any, what: str, text: str | re.Pattern[str]) -> None:
    """Wait until an element shows a text."""
    playwright.expect(page.locator(what)).to_have_text(text)


def saved(page: Any) -> None:
    shows(page, "#saved", "saved")


def on_screen(
    page: Any, x: float, y: float, size: tuple[int, int] = (96, 64)
) -> tuple[float, float]:
    """Where a frame's point is on the screen while the frame is fitted into the stage."""
    box = page.locator("#view").bounding_box()
    scale = min(box["width"] / size[0], box["height"] / size[1])
    left = box["x"] + (box["width"] - size[0] * scale) / 2
    top = box["y"] + (box["height"] - size[1] * scale) / 2
    return left + (x + 0.5) * scale, top + (y + 0.5) * scale


def click(page: Any, x: float, y: float, **how: Any) -> None:
    page.mouse.click(*on_screen(page, x, y), **how)
    page.wait_for_timeout(60)  # a click snaps on the server before it counts
    saved(page)


def wait_for_points(page: Any, count: int) -> None:
    text = "1 point" if count == 1 else f"{count} points"
    shows(page, "#count", text)
    saved(page)


def off_by(served: Served, frame: str, truth: list[tuple[float, float]]) -> float:
    """Largest distance from a true place to the nearest stored point, with as many of them."""
    points = np.array([(p.x, p.y) for p in served.stored(frame).points]).reshape(-1, 2)
    assert len(points) == len(truth)
    gaps = np.linalg.norm(points[None] - np.array(truth)[:, None], axis=2)
    return float(gaps.min(axis=1).max())
