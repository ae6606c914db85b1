"""The command line of the measurement."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

import experiments.recall_by_snr as package
from experiments.common import argument_parser, path_or_name
from experiments.recall_by_snr.cards import print_recall, write_recall
from experiments.recall_by_snr.observer import observe
from irpoint import Detector, Points
from irpoint._version import __version__
from irpoint.errors import SettingsError
from irpoint.evaluation import EvaluatedFrame, match, sweep
from irpoint.evaluation.matching import RADIUS_PX
from irpoint.simulate import (
    Scene,
    SceneSettings,
    camera_rng,
    draw_fixed_pattern,
    scene_rng,
    simulate_scene,
)
from irpoint.zoo import RecallBin, SceneRecall, SimulatedRecall

FRAMES = 200
SEEDS = {"clouds": 24001, "sea": 24002, "land": 24003}
SETTINGS = {"width": 640, "height": 512, "bits": 16, "snr": (8.0, 40.0)}
RATE = 1.0  # false alarms per Mpx
SNR_BINS = (8, 12, 18, 27, 40)
SCNR_BINS = (0, 1, 2, 4, 8, 40)
OBSERVER = "best linear observer"

Find = Callable[[Scene], Points]


@dataclass(frozen=True)
class Recalls:
    """What one observer finds in one kind of scene, at RATE.

    Attributes:
        found: bool (N,), for each target.
        snr, scnr: (N,) its ratios.
        threshold: lowest score at which there are at most RATE false alarms per Mpx.
        rate: false alarms per Mpx at this threshold.
    """

    found: npt.NDArray[np.bool_]
    snr: npt.NDArray[np.float64]
    scnr: npt.NDArray[np.float64]
    threshold: float
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
    rate = 1e6 * false / sum(frame.pixels for frame in frames)
    return Recalls(np.concatenate(found), snr, scnr, threshold, rate)


def record(parts: Mapping[str, Recalls], frames: int) -> SimulatedRecall:
    """What one observer finds in each kind of scene, by scene and by bins over all scenes."""
    settings = settings_of(next(iter(parts)))
    scenes = {
        kind: SceneRecall(
            targets=len(part.found), found=int(part.found.sum()), frames=frames, seed=SEEDS[kind],
            threshold=part.threshold, false_alarms_per_mpx=part.rate,
        )
        for kind, part in parts.items()
    }  # fmt: skip
    found = np.concatenate([part.found for part in parts.values()])
    snr, scnr = (
        np.concatenate([getattr(part, name) for part in parts.values()]) for name in ("snr", "scnr")
    )
    return SimulatedRecall(
        rate_per_mpx=RATE, radius_px=RADIUS_PX, width=settings.width, height=settings.height,
        bits=settings.bits, snr=settings.snr, scenes=scenes, by_snr=_bins(found, snr, SNR_BINS),
        by_scnr=_bins(found, scnr, SCNR_BINS), version=__version__,
    )  # fmt: skip


def _bins(
    found: npt.NDArray[np.bool_], ratio: npt.NDArray[np.float64], edges: Sequence[float]
) -> tuple[RecallBin, ...]:
    """Recall in each bin; the first and the last include what lies beyond them."""
    which = np.digitize(ratio, edges[1:-1])
    return tuple(
        RecallBin(
            low=low, high=high, targets=int((which == k).sum()), found=int(found[which == k].sum())
        )
        for k, (low, high) in enumerate(itertools.pairwise(edges))
    )


def measure_models(
    models: Sequence[str],
    frames: int = FRAMES,
    kinds: Sequence[str] = tuple(SEEDS),
    observer: bool = False,
) -> dict[str, SimulatedRecall]:
    """Recall of each model, and of the best linear observer, on the same frames."""
    finders = {model: _finder(Detector(path_or_name(model), backend="onnxruntime"))
               for model in models}  # fmt: skip
    results: dict[str, dict[str, Recalls]] = {}
    for kind in kinds:
        observers = dict(finders)
        if observer:
            observers[OBSERVER] = partial(observe, settings=settings_of(kind))
        for name, found in measure(kind, frames, observers).items():
            results.setdefault(name, {})[kind] = found
        scnr = next(iter(results.values()))[kind].scnr
        print(f"{kind}: {frames} frames, median SCNR {np.median(scnr):.1f}", flush=True)
    return {name: record(parts, frames) for name, parts in results.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("recall_by_snr", package.__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="as in irpoint detect --model")
    parser.add_argument("--observer", action="store_true", help="add the best linear observer")
    parser.add_argument(
        "--write-cards", action="store_true", help="write the figures into the cards of the models"
    )
    parser.add_argument("--frames", type=int, default=FRAMES, help=f"per scene, of {FRAMES}")
    parser.add_argument("--scene", choices=SEEDS, nargs="+", default=list(SEEDS), metavar="KIND")
    given = parser.parse_args(arguments)
    if not given.models and not given.observer:
        raise SettingsError("give a model, or --observer")
    if given.write_cards and set(given.scene) != set(SEEDS):
        raise SettingsError("--write-cards needs all scenes: leave out --scene")
    recalls = measure_models(given.models, given.frames, given.scene, given.observer)
    print_recall(recalls)
    if given.write_cards:
        for model in given.models:
            write_recall(model, recalls[model])


def _finder(detector: Detector) -> Find:
    def find(scene: Scene) -> Points:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return detector.candidates(scene.frame)

    return find
