"""Measure the labelling of a clip: actions for all its frames, error of the labels, playing.

    python -m experiments.label_clip --frames 300

Simulates a 14-bit clip of 640 × 512 pixels in which two targets cross, opens the labelling page in
headless Chromium with the proposals of a model, and labels the clip as a person would: accept the
proposed tracks that follow a target, reject the others, join the parts of one target, click a
target where it has no point, and decide all frames. Then it plays the clip. Used in docs/label.md.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from experiments.common import argument_parser, run
from experiments.label_session import CLICK_PX, HEIGHT, WIDTH, on_screen, served
from irpoint.label.store import Store
from irpoint.simulate.sequence import SequenceSettings, write_sequence

NEAR_PX = 3.0  # a point this close to a target is of it
FOLLOWS = 0.8  # share of its places from which a track follows a target
CLICK_STEP = 25  # frames between two clicks on a target that was not proposed
PLAY_MS = 3000
LINKING_MS = 600_000

# Counts the frames that were painted while the clip plays.
COUNT_PLAYED = """
window.played = 0;
new MutationObserver((changes) => { window.played += changes.length; })
  .observe(document.body, { attributeFilter: ["data-playing"] });
"""

Paths = dict[int, dict[int, np.ndarray]]  # number → frame → place (2,)


class Labeller:
    """Uses the page, and counts clicks and keys."""

    def __init__(self, page: Page, store: Path, names: Sequence[str], truth: Paths) -> None:
        self.page, self.store, self.names, self.truth = page, store, names, truth
        self.actions = 0

    def press(self, *keys: str) -> None:
        """Press keys one after the other; each is an action."""
        for key in keys:
            self.page.keyboard.press(key)
            expect(self.page.locator("#saved")).to_have_text("saved")
            self.actions += 1

    def number(self, key: str, value: int) -> None:
        """Enter a number in the field that a key selects: three actions."""
        self.page.keyboard.press(key)
        self.page.keyboard.type(str(value))
        self.page.keyboard.press("Enter")
        self.actions += 3

    def target_of(self, path: dict[int, np.ndarray]) -> int | None:
        """The target that a track follows; None if it follows none."""
        for number, truth in self.truth.items():
            gaps = [np.linalg.norm(path[k] - truth[k]) for k in path if k in truth]
            if sum(gap <= NEAR_PX for gap in gaps) >= FOLLOWS * len(path):
                return number
        return None

    def stored(self) -> Paths:
        """The tracks that are stored."""
        store = Store(self.store)
        labels = store.newer(dict.fromkeys(self.names, 0))
        store.close()
        found: Paths = {}
        for k, name in enumerate(self.names):
            for point in labels[name].labels.points if name in labels else ():
                found.setdefault(point.track or 0, {})[k] = np.array([point.x, point.y])
        return found

    def judge_proposals(self) -> None:
        """Accept the proposed tracks that follow a target, and reject the others."""
        clip = self.page.request.get(f"{self.page.url.partition('#')[0]}api/clip",
                                     params={"frame": self.names[0]}).json()  # fmt: skip
        good = [
            track["number"]
            for track in clip["proposed"]
            if self.target_of({at: np.array([x, y]) for at, x, y, _ in track["places"]})
        ]
        if len(good) == len(clip["proposed"]):
            self.press("Shift+Y")
            return
        for number in good:
            self.page.locator("#tracks > div", has_text=f"P{number}:").click()
            self.actions += 1
            self.press("y")
            expect(self.page.locator("#tracks > div", has_text=f"P{number}:")).to_have_count(0)
        self.press("Shift+X")  # the others

    def join_parts(self) -> None:
        """Give all tracks of one target the number of the first."""
        first: dict[int, int] = {}
        for number, path in sorted(self.stored().items()):
            target = self.target_of(path)
            if target is None:
                continue
            if target not in first:
                first[target] = number
                continue
            self.page.locator("#tracks > div", has_text=f"#{number}:").click()
            self.actions += 1
            self.number("h", first[target])
            expect(self.page.locator("#tracks > div", has_text=f"#{number}:")).to_have_count(0)
        joined = self.stored()
        for number in first.values():
            path = joined[number]
            if len(path) < max(path) - min(path) + 1:  # a gap between two parts
                self.number("t", number)
                self.press("k")

    def click_the_rest(self, rng: np.random.Generator) -> None:
        """Click each target in the frames at its ends that have no point yet."""
        tracks = {self.target_of(path): (n, path) for n, path in self.stored().items()}
        for target, truth in self.truth.items():
            number, path = tracks.get(target, (0, {}))
            missing = [k for k in truth if k not in path]
            if not missing:
                continue
            if number:
                self.number("t", number)
            else:
                self.press("Shift+T")
            for k in sorted({*missing[::CLICK_STEP], missing[-1]}):
                self.show(k)
                self.page.mouse.click(
                    *on_screen(self.page, *(truth[k] + rng.normal(0, CLICK_PX, 2)))
                )
                expect(self.page.locator("#saved")).to_have_text("saved")
                self.actions += 2  # with the click in the timeline that shows the frame

    def show(self, k: int) -> None:
        """Click on a frame in the timeline."""
        box = self.page.locator("#strip").bounding_box()
        assert box is not None
        x = box["x"] + 44 + (k + 0.5) / len(self.names) * (box["width"] - 46)
        self.page.mouse.click(x, box["y"] + 5)
        self.page.wait_for_selector(f'body[data-ready="{self.names[k]}"]')


def label_clip(root: Path, frames: int, model: str, seed: int) -> dict[str, float]:
    """Simulate and label a clip; gives the figures."""
    settings = SequenceSettings.checked(
        width=WIDTH, height=HEIGHT, bits=14, targets=(2, 2), snr=(8, 20), motions="straight,cross"
    )
    write_sequence(
        root / "set", settings, frames=frames, seed=seed, name="clip", file_format="stack"
    )
    truth: Paths = {}
    with (root / "set" / "points.csv").open() as rows:
        for row in csv.DictReader(rows):
            if row["x"]:
                place = np.array([float(row["x"]), float(row["y"])])
                truth.setdefault(int(row["track"]), {})[int(row["frame"])] = place
    (file,) = (root / "set" / "images").iterdir()
    names = [f"{file.name}#{k}" for k in range(frames)]
    out = root / "labels"
    with served(file.parent, out, model) as address, sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        page.locator("#tracks > div").first.wait_for(timeout=LINKING_MS)
        labeller = Labeller(page, out / "labels.sqlite", names, truth)
        labeller.judge_proposals()
        page.wait_for_timeout(500)
        labeller.join_parts()
        labeller.click_the_rest(np.random.default_rng(seed))
        labeller.press("Shift+Q")
        expect(page.locator("#message")).to_contain_text(f"{frames} frames decided")
        page.keyboard.press("Home")
        page.evaluate(COUNT_PLAYED)
        page.keyboard.press("v")
        page.wait_for_timeout(PLAY_MS)
        played = page.evaluate("window.played")
        browser.close()
        found = labeller.stored()
    return figures(labeller, found) | {"frames played per second": 1000 * played / PLAY_MS}


def figures(labeller: Labeller, found: Paths) -> dict[str, float]:
    """What was labelled, and how well."""
    errors, targets = [], sum(map(len, labeller.truth.values()))
    for path in found.values():
        target = labeller.target_of(path)
        if target is not None:
            truth = labeller.truth[target]
            errors += [np.linalg.norm(path[k] - truth[k]) for k in path if k in truth]
    return {
        "frames": len(labeller.names),
        "targets": targets,
        "labelled on one track per target": int(np.sum(np.array(errors) <= NEAR_PX)),
        "points": sum(map(len, found.values())),
        "actions": labeller.actions,
        "rms error px": float(np.sqrt(np.mean(np.square(errors)))) if errors else float("nan"),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("label_clip", __doc__)
    parser.add_argument("--frames", type=int, default=300, help="frames of the clip (default: 300)")
    parser.add_argument("--model", default="glint", help="model that proposes (default: glint)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the simulation (default: 1)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        for name, value in label_clip(Path(folder), given.frames, given.model, given.seed).items():
            print(f"  {name:34} {value:.2f}")


if __name__ == "__main__":
    run(main)
