"""Measure the frame browser of the labelling page with many frames.

    python -m experiments.frame_list --frames 10000

Simulates a hundred frames of 640 × 512 pixels, links them under many names, labels some at random,
and opens the labelling page in headless Chromium. Prints the time until the frame browser shows its
rows and its thumbnails, the intervals between repaints while the list is scrolled from end to end,
the time until a filter and a search are applied, and the time from Enter to the painted next frame
while the list is open. Used in docs/label.md.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from experiments.common import argument_parser, run
from experiments.label_session import HEIGHT, WATCH, WIDTH, opened, served
from irpoint.label.labels import FrameLabels, State
from irpoint.label.store import Store
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset

SIMULATED = 100
DECIDED = 40  # frames that are decided with the list open
LOOK_MS = 200  # before the next one
STATES: tuple[State, ...] = ("done", "empty", "unsure", "open")

# Runs something on the page, and returns the time in ms until a condition holds after a repaint.
TIMED = """async () => {
  const began = performance.now();
  WORK;
  while (!(UNTIL)) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""

# Scrolls the list by a part of its length at each repaint; returns the intervals in ms.
SCROLL = """async (steps) => {
  const box = document.getElementById("frames"), times = [];
  for (let k = 0; k <= steps; k += 1) {
    box.scrollTop = (k / steps) * (box.scrollHeight - box.clientHeight);
    times.push(await new Promise(requestAnimationFrame));
  }
  return times.slice(1).map((time, k) => time - times[k]);
}"""

ROWS = "document.querySelector('#frames [role=option]')"
PICTURES = "[...document.querySelectorAll('#frames img')].every((image) => image.naturalWidth > 0)"


def write_frames(folder: Path, count: int) -> None:
    """Write simulated frames, of which many names are links."""
    settings = SceneSettings.checked(width=WIDTH, height=HEIGHT, bits=14)
    simulate_dataset(folder / "set", settings, frames=SIMULATED, seed=5)
    files = sorted((folder / "set" / "images").iterdir())
    (folder / "frames").mkdir()
    for k in range(count):
        os.link(files[k % SIMULATED], folder / "frames" / f"{k:06}{files[0].suffix}")


def write_labels(file: Path, frames: Path) -> None:
    """Label three frames of four at random."""
    file.parent.mkdir()
    store = Store(file)
    rng = np.random.default_rng(0)
    names = sorted(path.name for path in frames.iterdir())
    changes = {
        name: (FrameLabels(state=STATES[k], note="haze" if k == 2 else ""), 0)
        for name, k in zip(names, rng.integers(0, len(STATES), len(names)).tolist(), strict=True)
        if STATES[k] != "open"
    }
    store.put(changes)
    store.close()


def measure(page: Page, count: int) -> dict[str, float]:
    """The figures of the frame browser on an open page."""

    def timed(work: str, until: str) -> float:
        return float(page.evaluate(TIMED.replace("WORK", work).replace("UNTIL", until)))

    def matches(condition: str) -> str:
        return f"document.getElementById('matching').textContent{condition}"

    click = "document.querySelector('[data-filter=unsure]').click()"
    search = (
        f"const box = document.getElementById('search'); box.value = '{count - 1:06}';"
        "box.dispatchEvent(new Event('input'))"
    )
    page.wait_for_selector("body[data-ready]")
    opening = timed("document.getElementById('browser-button').click()", ROWS)
    pictures = timed("", PICTURES)
    intervals = np.array(page.evaluate(SCROLL, 300))
    after = timed("", PICTURES)
    rows = page.locator("#frames [role=option]").count()
    searching = timed(search, matches(".startsWith('1 of ')"))
    page.click("#clear")
    filtering = timed(click, matches(".includes(' of ')"))
    page.click("#clear")
    page.evaluate("window.waits.length = 0")
    for _ in range(DECIDED):
        shown = page.get_attribute("body", "data-ready")
        page.keyboard.press("Enter")
        page.wait_for_selector(f'body:not([data-ready="{shown}"])')
        page.wait_for_timeout(LOOK_MS)
    waits = np.array(page.evaluate("window.waits"))
    return {
        "rows that exist": rows,
        "ms until the list is open": opening,
        "ms until its thumbnails are there": pictures,
        "ms between repaints, median": float(np.median(intervals)),
        "ms between repaints, p99": float(np.percentile(intervals, 99)),
        "ms until thumbnails are there after scrolling": after,
        "ms until a search is applied": searching,
        "ms until a filter is applied": filtering,
        "ms to the next frame, median": float(np.median(waits)),
        "ms to the next frame, p95": float(np.percentile(waits, 95)),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("frame_list", __doc__)
    parser.add_argument("--frames", type=int, default=10_000, help="default: 10,000")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_frames(root, given.frames)
        write_labels(root / "labels" / "labels.sqlite", root / "frames")
        with (
            served(root / "frames", root / "labels", None) as address,
            opened(address, WATCH) as page,
        ):
            for name, value in measure(page, given.frames).items():
                print(f"  {name:46} {value:.0f}")


if __name__ == "__main__":
    run(main)
