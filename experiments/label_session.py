"""A labelling session by script: actions a target, and the time to the next frame.

    python experiments/label_session.py [--frames 60]

Simulates 640 x 512 frames of 14 bits, opens the page in headless Chromium and labels them by mouse
and keyboard, once by clicks alone and once with a model's proposals: accept all, delete what is
false, click what is missing. Clicks are off by a pixel, as a hand is.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from irpoint.datasets import LabelledFrame, load_dataset
from irpoint.label.store import Store
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset

WIDTH, HEIGHT = 640, 512
NEAR = 3.0  # px within which a proposal is the target


def on_screen(page: Page, x: float, y: float) -> tuple[float, float]:
    box = page.locator("#view").bounding_box()
    assert box is not None
    scale = min(box["width"] / WIDTH, box["height"] / HEIGHT)
    left = box["x"] + (box["width"] - WIDTH * scale) / 2
    top = box["y"] + (box["height"] - HEIGHT * scale) / 2
    return left + (x + 0.5) * scale, top + (y + 0.5) * scale


def label(page: Page, frame: LabelledFrame, store: Path, helped: bool, rng: Any) -> int:
    """Label the frame on the page as a person would; number of clicks and keys."""
    actions, left = 0, [tuple(xy) for xy in frame.points.xy.tolist()]
    if helped and page.locator("#accept-all").is_enabled():
        page.keyboard.press("Shift+A")
        expect(page.locator("#saved")).to_have_text("saved")
        actions += 1
        reader = Store(store)
        stored = reader.get(frame.image.name)
        reader.close()
        for point in stored.labels.points if stored else ():
            gaps = [np.hypot(point.x - x, point.y - y) for x, y in left]
            if gaps and min(gaps) <= NEAR:
                left.pop(int(np.argmin(gaps)))
            else:
                page.mouse.click(*on_screen(page, point.x, point.y), button="right")
                actions += 1
    for x, y in left:
        dx, dy = rng.normal(0, 1, 2)
        page.mouse.click(*on_screen(page, x + dx, y + dy))
        page.wait_for_timeout(40)
        actions += 1
    expect(page.locator("#saved")).to_have_text("saved")
    return actions + 1  # Enter


def session(root: Path, model: str | None) -> dict[str, float]:
    frames = list(load_dataset(root / "set", "all"))
    out = root / f"labels-{model}"
    call = [sys.executable, "-c", "from irpoint.cli import main; main()", "label"]
    call += [str(root / "set" / "images"), "--out", str(out), "--no-browser", "--port", "0"]
    server = subprocess.Popen(
        call + (["--model", model] if model else []), stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert server.stdout is not None
    address = next(found[0] for line in server.stdout if (found := re.search(r"http:\S+", line)))
    actions, waits, rng = 0, [], np.random.default_rng(0)
    with sync_playwright() as driver:
        path = shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        for number, frame in enumerate(frames):
            page.wait_for_selector(f'body[data-ready="{frame.image.name}"]')
            if model:
                page.wait_for_timeout(300)  # a person looks longer; proposals are there by then
            if number:
                waits.append(float(page.get_attribute("body", "data-ms") or "nan"))
            actions += label(page, frame, out / "labels.sqlite", model is not None, rng)
            page.keyboard.press("Enter")
        browser.close()
    server.terminate()
    server.wait()
    targets = sum(len(frame.points) for frame in frames)
    return {
        "frames": len(frames), "targets": targets, "actions a target": actions / targets,
        "ms to the next frame, median": float(np.median(waits)),
        "p95": float(np.percentile(waits, 95)),
        "rms error px": error(frames, out / "labels.sqlite"),
    }  # fmt: skip


def error(frames: list[LabelledFrame], path: Path) -> float:
    store, gaps = Store(path), []
    for frame in frames:
        stored = store.get(frame.image.name)
        points = (
            np.array([(p.x, p.y) for p in stored.labels.points]) if stored else np.empty((0, 2))
        )
        for target in frame.points.xy:
            if len(points):
                gaps.append(np.linalg.norm(points - target, axis=1).min())
    store.close()
    return float(np.sqrt(np.mean(np.square([gap for gap in gaps if gap <= 5]))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60)
    count = parser.parse_args().frames
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        settings = SceneSettings.checked(width=WIDTH, height=HEIGHT, snr=(8, 25), bits=14)
        simulate_dataset(root / "set", settings, frames=count, seed=5)
        for model in (None, "p2p-lite"):
            print(f"\n{model or 'clicks alone'}")
            for name, value in session(root, model).items():
                print(f"  {name:30} {value:.2f}")


if __name__ == "__main__":
    main()
