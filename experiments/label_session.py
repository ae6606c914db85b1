"""Measure a labelling session: actions per target, and waiting time between frames.

    python -m experiments.label_session --frames 60

Simulates 14-bit frames of 640 × 512 pixels, opens the labelling page in headless Chromium, and
labels them by mouse and keyboard: once by clicks alone, once with the proposals of a model (accept
all, delete false ones, click missed targets). Clicks have an error of one pixel. Prints actions per
target, waiting times and the error of the labels. Used in docs/label.md.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from experiments.common import argument_parser, run
from irpoint.datasets import LabelledFrame, load_dataset
from irpoint.label.store import Store
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset

WIDTH, HEIGHT = 640, 512
CLICK_PX = 1.0  # standard deviation of a click
NEAR_PX = 3.0  # a proposal this close to a target is correct
LABELLED_PX = 5.0  # a label this close to a target is its label
MODEL = "p2p-lite"
LOOK_MS = 300  # a person looks longer; proposals have arrived by then
SNAP_MS = 40  # the page snaps a click to the target


def on_screen(page: Page, x: float, y: float) -> tuple[float, float]:
    """Position on the screen of a point of the frame, while the whole frame is shown."""
    box = page.locator("#view").bounding_box()
    assert box is not None
    scale = min(box["width"] / WIDTH, box["height"] / HEIGHT)
    left = box["x"] + (box["width"] - WIDTH * scale) / 2
    top = box["y"] + (box["height"] - HEIGHT * scale) / 2
    return left + (x + 0.5) * scale, top + (y + 0.5) * scale


def stored_points(file: Path, name: str) -> np.ndarray:
    """(N, 2) points that are stored for a frame."""
    store = Store(file)
    stored = store.get(name)
    store.close()
    points = [(point.x, point.y) for point in stored.labels.points] if stored else []
    return np.array(points).reshape(-1, 2)


def label(
    page: Page, frame: LabelledFrame, store: Path, helped: bool, rng: np.random.Generator
) -> int:
    """Label the frame on the page as a person would; gives the number of clicks and keys."""
    actions, missing = 0, [tuple(xy) for xy in frame.points.xy.tolist()]
    if helped and page.locator("#accept-all").is_enabled():
        page.keyboard.press("Shift+A")
        expect(page.locator("#saved")).to_have_text("saved")
        actions += 1
        for x, y in stored_points(store, frame.image.name):
            gaps = [np.hypot(x - target[0], y - target[1]) for target in missing]
            if gaps and min(gaps) <= NEAR_PX:
                missing.pop(int(np.argmin(gaps)))
            else:
                page.mouse.click(*on_screen(page, x, y), button="right")
                actions += 1
    for x, y in missing:
        dx, dy = rng.normal(0, CLICK_PX, 2)
        page.mouse.click(*on_screen(page, x + dx, y + dy))
        page.wait_for_timeout(SNAP_MS)
        actions += 1
    expect(page.locator("#saved")).to_have_text("saved")
    return actions + 1  # Enter


@contextmanager
def served(images: Path, out: Path, model: str | None) -> Iterator[str]:
    """Serve the labelling page in another process; gives its address."""
    command = [sys.executable, "-c", "from irpoint.cli import main; main()", "label"]
    command += [str(images), "--out", str(out), "--no-browser", "--port", "0"]
    command += ["--model", model] if model else []
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert server.stdout is not None
    try:
        yield next(found[0] for line in server.stdout if (found := re.search(r"http:\S+", line)))
    finally:
        server.terminate()
        server.wait()


def session(root: Path, model: str | None) -> dict[str, float]:
    """Label all frames of the dataset in ``root / "set"``; gives the figures of the session."""
    frames = list(load_dataset(root / "set", "all"))
    store = root / f"labels-{model}" / "labels.sqlite"
    actions, waits, rng = 0, [], np.random.default_rng(0)
    with served(root / "set" / "images", store.parent, model) as address, sync_playwright() as play:
        chromium = shutil.which("chromium")
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        for number, frame in enumerate(frames):
            page.wait_for_selector(f'body[data-ready="{frame.image.name}"]')
            if model:
                page.wait_for_timeout(LOOK_MS)
            if number:
                waits.append(float(page.get_attribute("body", "data-ms") or "nan"))
            actions += label(page, frame, store, model is not None, rng)
            page.keyboard.press("Enter")
        browser.close()
    targets = sum(len(frame.points) for frame in frames)
    return {
        "frames": len(frames),
        "targets": targets,
        "actions per target": actions / targets,
        "ms to the next frame, median": float(np.median(waits)),
        "ms to the next frame, p95": float(np.percentile(waits, 95)),
        "rms error px": rms_error(frames, store),
    }


def rms_error(frames: Sequence[LabelledFrame], store: Path) -> float:
    """Root mean square distance of the stored labels from the targets, in pixels."""
    gaps = []
    for frame in frames:
        points = stored_points(store, frame.image.name)
        for target in frame.points.xy:
            if len(points):
                gaps.append(np.linalg.norm(points - target, axis=1).min())
    return float(np.sqrt(np.mean(np.square([gap for gap in gaps if gap <= LABELLED_PX]))))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("label_session", __doc__)
    parser.add_argument("--frames", type=int, default=60, help="frames to label (default: 60)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        settings = SceneSettings.checked(width=WIDTH, height=HEIGHT, snr=(8, 25), bits=14)
        simulate_dataset(root / "set", settings, frames=given.frames, seed=5)
        for model in (None, MODEL):
            print(f"\n{model or 'clicks alone'}")
            for name, value in session(root, model).items():
                print(f"  {name:30} {value:.2f}")


if __name__ == "__main__":
    run(main)
