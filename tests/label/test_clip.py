"""A whole clip is labelled by a person with few actions, and nothing is lost if the server dies."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("playwright.sync_api", reason="needs playwright")
from playwright.sync_api import expect

from irpoint.label.store import Store
from support import label_browser as ui
from support.crossing import CLIP, write_crossing
from support.models import shipped_weights

pytestmark = [shipped_weights, pytest.mark.xdist_group("browser")]

COUNT, STEP, MOST_ACTIONS = 300, 40, 40


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ui.PageProcess]:
    process = ui.PageProcess(tmp_path / "frames", tmp_path / "out")
    yield process
    process.stop()


class Labeller:
    """Uses the page, and counts clicks, keys and choices."""

    def __init__(self, page: Any) -> None:
        self.page, self.actions = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.actions += 1

    def choose(self, field: str, value: str) -> None:
        self.page.select_option(field, value)
        self.actions += 1

    def enter(self, field: str, value: str) -> None:
        self.page.fill(field, value)
        self.page.keyboard.press("Escape")
        self.actions += 1

    def click(self, xy: np.ndarray) -> None:
        self.page.mouse.click(*ui.on_screen(self.page, *xy.tolist()))
        self.actions += 1


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def lanes(page: Any, *texts: str) -> None:
    expect(page.locator("#tracks > div")).to_have_text(
        [re.compile(f"^{text}") for text in texts], timeout=120_000
    )


def errors(process: ui.PageProcess, truth: np.ndarray) -> dict[int, np.ndarray]:
    """For each track, (frames, targets) distances of its points."""
    store = Store(process.out / "labels.sqlite")
    stored = store.newer({f"{CLIP}#{k}": 0 for k in range(COUNT)})
    store.close()
    found: dict[int, list[np.ndarray]] = {}
    for k in range(COUNT):
        for point in stored[f"{CLIP}#{k}"].labels.points:
            gaps = np.linalg.norm(truth[k] - (point.x, point.y), axis=1)
            found.setdefault(point.track, []).append(gaps)
    return {track: np.array(gaps) for track, gaps in found.items()}


def test_three_hundred_frames_take_forty_actions_and_two_crashes_lose_nothing(
    open_in: Callable[..., Any], process: ui.PageProcess
) -> None:
    truth, port = write_crossing(process.folder, COUNT), free_port()
    process.start("--port", port)
    page = open_in(process, f"{CLIP}#0")
    labeller = Labeller(page)
    # One target as the tracker proposes it, the other by clicks in every fortieth frame.
    labeller.choose("#model", "glint")
    lanes(page, "P1", "P2")
    labeller.press("w", "y")
    lanes(page, "#1", "P2")
    labeller.press("x")
    lanes(page, "#1")
    ui.saved(page)
    process.stop()  # kill -9
    process.start("--port", port)

    own = errors(process, truth)
    assert list(own) == [1]
    other = 1 - int(own[1].sum(axis=0).argmin())
    labeller.enter("#step", str(STEP))
    labeller.press("Shift+T")
    frames = [*range(0, COUNT, STEP), COUNT - 1]
    for k in frames:
        ui.settled(page, f"{CLIP}#{k}")
        if k == frames[4]:
            process.stop()  # in the middle of the work: the next click is not answered
        labeller.click(truth[k, other] + (0.5, -0.4))
        if k == frames[4]:
            ui.shows(page, "#saved", "1 unsaved")
            process.start("--port", port)
        ui.saved(page)
        if k != frames[-1]:
            labeller.press(">")
    lanes(page, "#1: 300 frames", "#2: 300 frames")
    labeller.press("Shift+Q")
    assert ui.banner(page) == "300 frames decided."
    ui.shows(page, "#done", re.compile("^all 300 frames decided, 600 targets"))
    assert labeller.actions <= MOST_ACTIONS

    found = errors(process, truth)
    assert {track: len(gaps) for track, gaps in found.items()} == {1: COUNT, 2: COUNT}
    assert found[1][:, 1 - other].max() < 0.5  # measured
    assert found[2][:, other].max() < 1  # filled in
    page.keyboard.press("Control+z")  # one step
    ui.shows(page, "#done", re.compile("^0 of 300 frames decided"))
