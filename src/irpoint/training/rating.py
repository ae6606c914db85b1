"""What a model is worth on its validation split: thresholds and figures for its card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from irpoint.datasets import LabelledFrame, load_dataset, pool
from irpoint.evaluation import EvaluatedFrame, Sweep, sweep
from irpoint.evaluation.result import result
from irpoint.evaluation.splits import evaluate_split, find_points
from irpoint.points import Points
from irpoint.runtime import Detector
from irpoint.zoo import Thresholds

RATES_PER_MPX = (10.0, 1.0, 0.1)
# A rate that fewer false points support is a guess.
_LEAST_FALSE_POINTS = 5


def rate(detector: Detector, data: Sequence[Path], split: str) -> tuple[Thresholds, dict[str, Any]]:
    """Choose thresholds on ``split`` and measure the figures at the default one.

    The default gives the best F1 over all frames pooled; the thresholds of stated false-alarm
    rates come from the same frames.

    Returns:
        The thresholds, and the figures as ``irpoint evaluate --json`` prints them.
    """
    datasets = [load_dataset(root, split) for root in data]
    pooled = pool(datasets)
    found = find_points(detector.candidates, [frame for dataset in datasets for frame in dataset])
    thresholds = choose_thresholds(pooled, found, split)
    rated = evaluate_split(datasets, pooled, found, threshold=thresholds.default)
    return thresholds, result(rated, split, detector.card.name)


def choose_thresholds(
    frames: Iterable[LabelledFrame], found: dict[Path, Points], split: str
) -> Thresholds:
    """Best-F1 threshold, and one a false-alarm rate; null where too little supports it."""
    judged = [EvaluatedFrame(f.name, f.dataset, f.shape, f.points, found[f.image]) for f in frames]
    curve = sweep(judged)
    return Thresholds(
        default=curve.best_f1()[0],
        chosen=f"best F1 on {split}",
        false_alarms_per_mpx={
            f"{r:g}": curve.at_false_alarms_per_mpx(r) if _supported(curve, r) else None
            for r in RATES_PER_MPX
        },
    )


def _supported(curve: Sweep, per_mpx: float) -> bool:
    """Whether the rate means at least five false points here, and the candidates reach it."""
    allowed = per_mpx * curve.pixels / 1e6
    return allowed >= _LEAST_FALSE_POINTS and float(curve.fp.max()) >= allowed
