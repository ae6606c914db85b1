"""Measure a labelling session: actions per target, and waiting time between frames.

    python -m experiments.label_session --frames 60
    python -m experiments.label_session --frames 1000 --panel

Simulates 14-bit frames of 640 × 512 pixels, opens the labelling page in headless Chromium, and
labels them by mouse and keyboard: once by clicks alone, once with the proposals of a model (accept
all, delete false ones, click missed targets). Clicks have an error of one pixel. Prints actions per
target, the time from the key press to the painted next frame, and the error of the labels. Fails if
the page, the stored labels and the export do not agree at the end. Used in docs/label.md.
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

# Measures the time from Enter to the painted next frame. The page asks for its repaint before this
# script does, and a message is handled after the repaint.
WATCH = """
window.waits = [];
let pressed = null;
const painted = new MessageChannel();
painted.port1.onmessage = () => {
  if (pressed !== null) window.waits.push(performance.now() - pressed);
  pressed = null;
};
addEventListener("keydown", (event) => {
  if (event.key === "Enter") pressed = event.timeStamp;
}, true);
new MutationObserver(() => requestAnimationFrame(() => painted.port2.postMessage(null)))
  .observe(document, { subtree: true, attributeFilter: ["data-ready"] });
"""


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


@contextmanager
def opened(address: str, script: str = "") -> Iterator[Page]:
    """The labelling page in headless Chromium.

    Args:
        address: the page.
        script: JavaScript to run before the page loads.
    """
    with sync_playwright() as play:
        chromium = shutil.which("chromium")
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(script)
        page.goto(address)
        yield page
        browser.close()


def session(root: Path, model: str | None, panel: bool) -> dict[str, float]:
    """Label all frames of the dataset in ``root / "set"``; gives the figures of the session.

    Args:
        root: folder of the dataset and of the session.
        model: model that proposes points; None for clicks alone.
        panel: whether the frame browser is open.
    """
    frames = list(load_dataset(root / "set", "all"))
    store = root / f"labels-{model}" / "labels.sqlite"
    actions, rng = 0, np.random.default_rng(0)
    with (
        served(root / "set" / "images", store.parent, model) as address,
        opened(address, WATCH) as page,
    ):
        page.wait_for_selector("body[data-ready]")
        if panel:
            page.click("#browser-button")
        for frame in frames:
            page.wait_for_selector(f'body[data-ready="{frame.image.name}"]')
            if model:
                page.wait_for_timeout(LOOK_MS)
            actions += label(page, frame, store, model is not None, rng)
            page.keyboard.press("Enter")
        check_the_end(page, store, len(frames))
        waits = np.array(page.evaluate("window.waits"))
    targets = sum(len(frame.points) for frame in frames)
    return {
        "frames": len(frames),
        "targets": targets,
        "actions per target": actions / targets,
        "ms to the next frame, median": float(np.median(waits)),
        "ms to the next frame, p95": float(np.percentile(waits, 95)),
        "ms to the next frame, p99": float(np.percentile(waits, 99)),
        "rms error px": rms_error(frames, store),
    }


def check_the_end(page: Page, file: Path, frames: int) -> None:
    """Check that all frames are decided and stored, and that page and export say the same."""
    counts = page.locator("#done")
    expect(counts).to_contain_text(f"all {frames} frames decided")
    expect(page.locator("#saved")).to_have_text("saved")
    page.click("#export")
    exported = page.locator("#exported")
    expect(exported).to_contain_text(f"{frames} frames with ", timeout=600_000)
    store = Store(file)
    states = store.states()
    store.close()
    targets = sum(points for _, points in states.values())
    assert len(states) == frames
    assert f"{targets} targets" in counts.inner_text()
    assert f"{targets} targets" in exported.inner_text()


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
    parser.add_argument("--panel", action="store_true", help="with the frame browser open")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        settings = SceneSettings.checked(width=WIDTH, height=HEIGHT, snr=(8, 25), bits=14)
        simulate_dataset(root / "set", settings, frames=given.frames, seed=5)
        for model in (None, MODEL):
            print(f"\n{model or 'clicks alone'}")
            for name, value in session(root, model, given.panel).items():
                print(f"  {name:30} {value:.2f}")


if __name__ == "__main__":
    run(main)
