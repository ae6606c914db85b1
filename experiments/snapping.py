"""Measure what snapping does to clicks: their error before and after, and clicks on nothing.

    python -m experiments.snapping --data NUDT-SIRST IRSTD-1k SIRST-v1

Simulates frames of every kind of scene with the default settings, clicks around their targets with
normal errors of --click-px, and where nothing is. Prints Markdown tables: errors before and after
snapping, by the target's signal-to-clutter ratio; how many clicks on nothing moved, and how far;
with --data, distances from the labels of the val frames, which are centroids of masks. Used in
docs/label.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from experiments.common import add_data, argument_parser, run, validation_frames
from irpoint.frames import read_frame
from irpoint.label.snap import REACH, Snap, snap_click
from irpoint.simulate import Scene, SceneSettings, camera_rng, scene_rng, simulate_scene
from irpoint.simulate.sensor import draw_fixed_pattern

SCENES = ("clear", "clouds", "sea", "land")
RATIOS = {"< 3": (0, 3), "3–6": (3, 6), "> 6": (6, np.inf)}  # of signal to clutter
FAR_PX = 2.0
AWAY_PX = 12.0  # clicks this far from every target are on nothing
ON_NOTHING = 3  # such clicks per frame


@dataclass(frozen=True)
class Click:
    """A click on a target: distance from it in px before and after snapping."""

    before: float
    after: float
    snapped: bool


class Person:
    """Clicks on targets with an error of ``std`` px per axis, and on nothing."""

    def __init__(self, std: float, how: Snap, seed: int) -> None:
        self._std, self._how = std, how
        self._rng = np.random.default_rng((seed, round(1000 * std)))

    def click(self, frame: npt.NDArray[Any], target: npt.ArrayLike) -> Click:
        """Click on a target at (x, y)."""
        target, last = np.asarray(target, np.float64), np.array(frame.shape[::-1]) - 0.5
        at = np.clip(target + self._rng.normal(0, self._std, 2), -0.5, last)
        x, y, found = snap_click(frame, (at[0], at[1]), self._how)
        before, after = np.linalg.norm(at - target), np.linalg.norm(np.array([x, y]) - target)
        return Click(float(before), float(after), found)

    def click_on_nothing(self, scene: Scene) -> float:
        """Click far from every target; gives the distance that the click is moved."""
        while True:
            at = self._rng.uniform(-0.5, np.array(scene.frame.shape[::-1]) - 0.5)
            if (np.linalg.norm(scene.points.xy - at, axis=1) > AWAY_PX).all():
                x, y, _ = snap_click(scene.frame, (at[0], at[1]), self._how)
                return float(np.hypot(x - at[0], y - at[1]))


def simulated(kind: str, frames: int, seed: int) -> Iterator[Scene]:
    """Frames of one kind of scene with the default settings."""
    settings = SceneSettings.checked(scene=kind)
    pattern = draw_fixed_pattern(settings, camera_rng(seed))
    first = frames * SCENES.index(kind)
    for index in range(first, first + frames):
        yield simulate_scene(settings, scene_rng(seed, index), pattern)


def row(names: Sequence[str], clicks: Sequence[Click]) -> str:
    """One line of a table."""
    before, after = (np.array([getattr(c, name) for c in clicks]) for name in ("before", "after"))
    cells = [*names, str(len(clicks)), f"{100 * np.mean([c.snapped for c in clicks]):.0f}"]
    cells += [f"{distances.mean():.2f}" for distances in (before, after)]
    cells += [f"{np.sqrt(np.square(distances).mean()):.2f}" for distances in (before, after)]
    cells += [f"{100 * (distances > FAR_PX).mean():.1f}" for distances in (before, after)]
    return f"| {' | '.join(cells)} |"


def head(names: Sequence[str]) -> str:
    """The first lines of a table."""
    titles = [*names, "clicks", "snapped %", "mean px", "snapped", "RMS px", "snapped"]
    titles += [f"over {FAR_PX:.0f} px %", "snapped"]
    return f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}"


def on_simulated(stds: Sequence[float], how: Snap, frames: int, seed: int) -> None:
    """Print the tables of simulated frames."""
    people = {std: Person(std, how, seed) for std in stds}
    clicks: dict[tuple[float, str, str], list[Click]] = {}
    moves: dict[str, list[float]] = {}
    for kind in SCENES:
        for scene in simulated(kind, frames, seed):
            for std, person in people.items():
                for t in scene.targets:
                    ratio = next(n for n, (low, high) in RATIOS.items() if low <= t.scnr < high)
                    click = person.click(scene.frame, (t.x, t.y))
                    clicks.setdefault((std, kind, ratio), []).append(click)
            moves.setdefault(kind, []).extend(
                people[stds[0]].click_on_nothing(scene) for _ in range(ON_NOTHING)
            )
    for std in stds:
        titles = ("scene", "signal to clutter")
        print(f"\nClicks with errors of {std} px per axis\n\n{head(titles)}")
        for kind in (*SCENES, "all"):
            for ratio in RATIOS:
                kinds = SCENES if kind == "all" else (kind,)
                some = [c for one in kinds for c in clicks.get((std, one, ratio), [])]
                if some:
                    print(row((kind, ratio), some))
    print("\nClicks on nothing\n\n| scene | clicks | moved % | most px | over reach |")
    print("|---|---|---|---|---|")
    for kind, found in {**moves, "all": list(chain(*moves.values()))}.items():
        moved = np.array(found)
        cells = (len(moved), f"{100 * (moved > 0).mean():.2f}", f"{moved.max():.2f}")
        print(f"| {kind} | {' | '.join(map(str, cells))} | {(moved > REACH).sum()} |")


def on_datasets(folders: Sequence[Path], stds: Sequence[float], how: Snap, seed: int) -> None:
    """Print the table of clicks around the labels of val frames."""
    people = {std: Person(std, how, seed) for std in stds}
    clicks: dict[tuple[float, str], list[Click]] = {}
    for labelled in validation_frames(folders):
        frame = read_frame(labelled.image)
        for std, person in people.items():
            clicked = [person.click(frame, xy) for xy in labelled.points.xy]
            clicks.setdefault((std, labelled.dataset), []).extend(clicked)
    print(f"\n{head(('val', 'click error px'))}")
    for (std, name), found in sorted(clicks.items()):
        print(row((name, str(std)), found))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("snapping", __doc__)
    add_data(parser, required=False)
    parser.add_argument("--frames", type=int, default=100, help="per kind of scene (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="of frames and clicks (default: 1)")
    parser.add_argument("--how", choices=get_args(Snap), default="peak", help="default: peak")
    parser.add_argument(
        "--click-px", type=float, nargs="+", default=[0.58, 1.0], metavar="PX",
        help="standard deviations of clicks per axis (default: 0.58 1.0)",
    )  # fmt: skip
    given = parser.parse_args(arguments)
    if given.frames:
        on_simulated(given.click_px, given.how, given.frames, given.seed)
    if given.data:
        on_datasets(given.data, given.click_px, given.how, given.seed)


if __name__ == "__main__":
    run(main)
