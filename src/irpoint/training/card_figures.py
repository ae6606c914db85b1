"""What a model is worth on its validation split: thresholds and figures for its card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from scipy import stats

from irpoint.datasets import LabelledFrame
from irpoint.evaluation import EvaluatedFrame, Sweep, sweep
from irpoint.evaluation.result import result
from irpoint.evaluation.splits import evaluate_split, find_points, load_split
from irpoint.points import Points
from irpoint.runtime import Detector
from irpoint.zoo import Thresholds

RATES_PER_MPX = (10.0, 1.0, 0.1)
# A rate that fewer false points support is a guess.
_LEAST_FALSE_POINTS = 5


def measure_figures(
    detector: Detector, data: Sequence[Path], split: str
) -> tuple[Thresholds, dict[str, Any]]:
    """Choose thresholds on ``split`` and measure the figures at the default one.

    The default gives the best F1 over all frames pooled; the thresholds of stated false-alarm
    rates come from the same frames.

    Returns:
        The thresholds, and the figures as ``irpoint evaluate --json`` prints them.
    """
    frames = load_split(data, split)
    found = find_points(detector.candidates, frames.frames)
    thresholds = choose_thresholds(frames.pooled, found, split)
    evaluation = evaluate_split(frames, found, threshold=thresholds.default)
    return thresholds, result(evaluation, detector.card.name)


def choose_thresholds(
    frames: Iterable[LabelledFrame], found: dict[Path, Points], split: str
) -> Thresholds:
    """Best-F1 threshold, and one a false-alarm rate; null where too little supports it."""
    judged = [EvaluatedFrame.of(f, found[f.image]) for f in frames]
    curve = sweep(judged)
    rates = {f"{rate:g}": _at_rate(curve, rate) for rate in RATES_PER_MPX}
    return Thresholds(
        default=curve.best_f1()[0],
        chosen=f"best F1 on {split}",
        false_alarms_per_mpx={name: rate and rate[0] for name, rate in rates.items()},
        interval_95={name: rate and rate[1] for name, rate in rates.items()},
    )


def _at_rate(curve: Sweep, per_mpx: float) -> tuple[float, tuple[float, float]] | None:
    """Threshold for a rate, and the interval of its true rate; None where that is a guess.

    A guess is what fewer than five false points support, or what would need candidates below the
    lowest that there are.
    """
    threshold = curve.at_false_alarms_per_mpx(per_mpx)
    counted = int(curve.fp[curve.thresholds >= threshold].max(initial=0))
    megapixels = curve.pixels / 1e6
    if counted < _LEAST_FALSE_POINTS or curve.fp.max() < per_mpx * megapixels:
        return None
    low, high = poisson_interval(counted)
    return threshold, (low / megapixels, high / megapixels)


def poisson_interval(counted: int) -> tuple[float, float]:
    """95 % interval of the mean of a Poisson variable that came out as ``counted``, exact.

    Source: Garwood, Biometrika 28 (1936).
    """
    low = stats.chi2.ppf(0.025, 2 * counted) / 2 if counted else 0.0
    return float(low), float(stats.chi2.ppf(0.975, 2 * counted + 2) / 2)
