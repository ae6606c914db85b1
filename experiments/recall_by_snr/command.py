"""The command line of the measurement."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

import experiments.recall_by_snr as package
from experiments.common import argument_parser
from experiments.recall_by_snr.observer import observe
from irpoint import Detector, Points
from irpoint.errors import SettingsError
from irpoint.evaluation import EvaluatedFrame, match, sweep
from irpoint.simulate import (
    Scene,
    SceneSettings,
    camera_rng,
    draw_fixed_pattern,
    scene_rng,
    simulate_scene,
)

FRAMES = 200
SEEDS = {"clouds": 24001, "sea": 24002, "land": 24003}
SETTINGS = {"width": 640, "height": 512, "bits": 16, "snr": (8.0, 40.0)}
RATE = 1.0  # false alarms per Mpx
SNR_BINS = (8, 12, 18, 27, 40)
SCNR_BINS = (0, 1, 2, 4, 8, 40)

Find = Callable[[Scene], Points]


@dataclass(frozen=True)
class Recalls:
    """What one observer finds in one kind of scene, at RATE.

    Attributes:
        found: bool (N,), for each target.
        snr, scnr: (N,) its ratios.
        rate: false alarms per Mpx.
    """

    found: npt.NDArray[np.bool_]
    snr: npt.NDArray[np.float64]
    scnr: npt.NDArray[np.float64]
    rate: float


def settings_of(kind: str) -> SceneSettings:
    """The settings of the frames of a scene."""
    return SceneSettings.checked(scene=kind, **SETTINGS)


def scenes(kind: str, frames: int) -> Iterator[Scene]:
    """The first frames of a scene, as ``irpoint simulate`` writes them."""
    settings, seed = settings_of(kind), SEEDS[kind]
    pattern = draw_fixed_pattern(settings, camera_rng(seed))
    for index in range(frames):
        yield simulate_scene(settings, scene_rng(seed, index), pattern)


def measure(kind: str, frames: int, observers: dict[str, Find]) -> dict[str, Recalls]:
    """Every observer on the frames of one scene."""
    seen: dict[str, list[EvaluatedFrame]] = {name: [] for name in observers}
    targets = []
    for index, scene in enumerate(scenes(kind, frames)):
        targets += list(scene.targets)
        for name, find in observers.items():
            shape = scene.background.shape
            size = shape[0], shape[1]
            seen[name].append(EvaluatedFrame(f"{index}", kind, size, scene.points, find(scene)))
    snr, scnr = (np.array([getattr(t, name) for t in targets]) for name in ("snr", "scnr"))
    return {name: _at_rate(evaluated, snr, scnr) for name, evaluated in seen.items()}


def _at_rate(
    frames: Sequence[EvaluatedFrame],
    snr: npt.NDArray[np.float64],
    scnr: npt.NDArray[np.float64],
) -> Recalls:
    threshold = sweep(frames).at_false_alarms_per_mpx(RATE)
    found, false = [], 0
    for frame in frames:
        points = frame.predicted.above(threshold)
        pairs = match(frame.truth.xy, points.xy)
        hit = np.zeros(len(frame.truth), bool)
        hit[pairs.truth_index] = True
        found.append(hit)
        false += len(points) - len(pairs)
    return Recalls(np.concatenate(found), snr, scnr, 1e6 * false / sum(f.pixels for f in frames))


def report(results: dict[str, dict[str, Recalls]]) -> None:
    """Print Pd by scene, then by bins over all scenes."""
    kinds = list(results)
    print(f"| Pd in % at {RATE:g} false alarm per Mpx | {' | '.join(kinds)} | targets |")
    print("|---" * (len(kinds) + 2) + "|")
    for name in results[kinds[0]]:
        parts = [results[kind][name] for kind in kinds]
        figures = " | ".join(f"{100 * part.found.mean():.1f}" for part in parts)
        print(f"| {name} | {figures} | {sum(len(part.found) for part in parts)} |")
    median = [f"{kind} {np.median(next(iter(results[kind].values())).scnr):.1f}" for kind in kinds]
    print(f"\nmedian SCNR: {', '.join(median)}")
    for ratio, edges in (("snr", SNR_BINS), ("scnr", SCNR_BINS)):
        bins = [f"{low}–{high}" for low, high in itertools.pairwise(edges)]
        print(f"\n| Pd in % by {ratio.upper()} | {' | '.join(bins)} |\n{'|---' * len(edges)}|")
        for name in results[kinds[0]]:
            parts = [results[kind][name] for kind in kinds]
            values = np.concatenate([getattr(part, ratio) for part in parts])
            found = np.concatenate([part.found for part in parts])
            which = np.digitize(values, edges[1:-1])
            cells = [
                f"{100 * found[which == k].mean():.0f} ({(which == k).sum()})"
                if (which == k).any()
                else "–"
                for k in range(len(bins))
            ]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("recall_by_snr", package.__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="as in irpoint detect --model")
    parser.add_argument("--observer", action="store_true", help="add the best linear observer")
    parser.add_argument("--frames", type=int, default=FRAMES, help=f"per scene, of {FRAMES}")
    parser.add_argument("--scene", choices=SEEDS, nargs="+", default=list(SEEDS), metavar="KIND")
    given = parser.parse_args(arguments)
    if not given.models and not given.observer:
        raise SettingsError("give a model, or --observer")
    results = {}
    for kind in given.scene:
        observers: dict[str, Find] = {}
        for model in given.models:
            detector = Detector(_path_or_name(model), backend="onnxruntime")
            observers[str(model)] = _finder(detector)
        if given.observer:
            observers["best linear observer"] = partial(observe, settings=settings_of(kind))
        results[kind] = measure(kind, given.frames, observers)
    report(results)


def _finder(detector: Detector) -> Find:
    def find(scene: Scene) -> Points:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return detector.candidates(scene.frame)

    return find


def _path_or_name(model: str) -> str | Path:
    return Path(model) if Path(model).exists() else model
