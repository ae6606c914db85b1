"""Measure the page of a report on many images: its size, and how fast it opens and answers.

    python -m experiments.report_page --images 1000 --models glint spire

Simulates 14-bit frames of 640 × 512 pixels, evaluates the models on them, repeats the frames under
new names up to the number of images, and opens the report in headless Chromium. Opening ends when
the first examples are drawn. Used in docs/metrics.md.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from experiments.common import argument_parser, run
from irpoint import Detector
from irpoint.evaluation import evaluate_predictions, load_split, predictions_of_model, result
from irpoint.evaluation.result import frame_records
from irpoint.report import write_report
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset

WIDTH, HEIGHT = 640, 512
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MOVES = 10  # of the slider
DRAWN = """() => [...document.querySelectorAll("#gallery canvas")].slice(0, 5).every((canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v))"""
MOVE = """(stop) => {
    const slider = document.getElementById("stop-0"), before = performance.now();
    slider.value = stop;
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    return new Promise((done) => requestAnimationFrame(() => setTimeout(
        () => done(performance.now() - before))));
}"""


def evaluated(model: str, root: Path, images: int, out: Path) -> Path:
    """Evaluate a model, and repeat the records of its frames up to a number of images."""
    split = load_split([root], "all")
    predictions = predictions_of_model(Detector(model, backend="onnxruntime"), split)
    content: dict[str, Any] = result(evaluate_predictions(predictions, split), predictions.model)
    content |= frame_records(
        split,
        predictions.points,
        predictions.score_odds,
        predictions.simulated_recall,
        predictions.settings,
        predictions.card,
    )
    frames = content["frames"]
    content["frames"] = [
        frames[k % len(frames)] | {"name": f"{frames[k % len(frames)]['name']}-{k}", "index": k}
        for k in range(images)
    ]
    file = out / f"{model}.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def open_page(page: Page, file: Path) -> dict[str, float]:
    """Seconds until the page has loaded and its first examples are drawn; then of its answers."""
    start = time.perf_counter()
    page.goto(file.as_uri())
    loaded = time.perf_counter() - start
    page.wait_for_function(DRAWN)
    drawn = time.perf_counter() - start
    stops = int(page.get_attribute("#stop-0", "max") or 0)
    moves = [page.evaluate(MOVE, k * stops // MOVES) for k in range(MOVES + 1)]
    page.select_option("#preset", "as evaluated")
    start = time.perf_counter()
    page.locator("#gallery button").first.click()
    page.wait_for_selector("#stage image")
    dialog = time.perf_counter() - start
    return {
        "loaded": loaded,
        "opened": drawn,
        "moved": statistics.median(moves) / 1000,
        "slowest": max(moves) / 1000,
        "dialog": dialog,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("report_page", __doc__)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--simulated", type=int, default=200, help="number of different frames")
    parser.add_argument("--models", nargs="+", default=["glint", "spire"], metavar="MODEL")
    parser.add_argument("--repeat", type=int, default=3, help="number of times it is opened")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        root, page_file = Path(folder), Path(folder) / "page.html"
        settings = SceneSettings.checked(width=WIDTH, height=HEIGHT, bits=14, targets=(0, 3))
        simulate_dataset(root / "frames", settings, frames=args.simulated, seed=0)
        files = [evaluated(model, root / "frames", args.images, root) for model in args.models]
        start = time.perf_counter()
        write_report(files, page_file)
        print(f"{args.images} images, {' and '.join(args.models)}")
        print(f"written in {time.perf_counter() - start:.0f} s")
        print(f"size {page_file.stat().st_size / 1e6:.1f} MB")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for _ in range(args.repeat):
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                found = open_page(page, page_file)
                print(", ".join(f"{name} {seconds:.2f} s" for name, seconds in found.items()))
                page.close()
            browser.close()


if __name__ == "__main__":
    run(main)
