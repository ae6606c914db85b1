"""The thresholds at which a report is counted beforehand: the stops of its sliders."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from irpoint.evaluation import Sweep

AS_EVALUATED = "as evaluated"
BEST_F1 = "best F1 on these frames"
_RATES = (0.01, 0.1, 1.0, 10.0)  # false points per Mpx
_STEPS = 70  # stops spread over the found targets, and as many over the false points
_MIN_FALSE = 1000  # stops reach down to this many false points, or three per target


@dataclass(frozen=True)
class Stops:
    """The stops of a slider.

    Attributes:
        thresholds: strictly descending; the last one may be None, at which every point counts.
        default: index of the threshold of the evaluation.
        presets: index of the stop of each operating point, by its name.
        texts: the thresholds with as few digits as give the same counts, as
            ``irpoint evaluate --threshold`` takes them.
    """

    thresholds: tuple[float | None, ...]
    default: int
    presets: Mapping[str, int]
    texts: tuple[str, ...]

    @property
    def used(self) -> str:
        """The threshold of the evaluation as text."""
        return self.texts[self.default]


def choose_stops(curve: Sweep, threshold: float | None, rates: Sequence[float] = ()) -> Stops:
    """Stops that change the counts in even steps, and those of the operating points.

    Args:
        curve: the counts at every threshold.
        threshold: that of the evaluation.
        rates: false points per Mpx at which models are compared, see :func:`common_rates`.
    """
    named = {AS_EVALUATED: -math.inf if threshold is None else threshold}
    if curve.targets:
        named[BEST_F1] = _short(curve, curve.best_f1()[0])
    for rate in rates:
        named[rate_name(rate)] = _short(curve, curve.at_false_alarms_per_mpx(rate))
    kept = {_row(curve, value): value for value in _spread(curve)}
    kept |= {_row(curve, value): value for name, value in named.items() if name != AS_EVALUATED}
    kept[_row(curve, named[AS_EVALUATED])] = named[AS_EVALUATED]
    ordered = [kept[row] for row in sorted(kept)]
    at = {row: index for index, row in enumerate(sorted(kept))}
    return Stops(
        thresholds=tuple(None if value == -math.inf else value for value in ordered),
        default=at[_row(curve, named[AS_EVALUATED])],
        presets={name: at[_row(curve, value)] for name, value in named.items()},
        texts=tuple(_text(curve, value) for value in ordered),
    )


def common_rates(curves: Sequence[Sweep]) -> tuple[float, ...]:
    """The rates of false points at which models can be compared on these frames.

    At a lower one, less than one false point would be allowed; a higher one, no model reaches.
    """
    megapixels = curves[0].pixels / 1e6
    reached = max(float(curve.false_alarms_per_mpx[-1]) for curve in curves)
    return tuple(rate for rate in _RATES if rate * megapixels >= 1 and rate <= reached)


def rate_name(rate: float) -> str:
    """The name of an operating point at a rate of false points."""
    return f"at most {rate:g} false / Mpx"


def _spread(curve: Sweep) -> list[float]:
    """Thresholds between which the counts change in even steps: linear in tp, geometric in fp."""
    most = min(int(curve.fp[-1]), max(_MIN_FALSE, 3 * curve.targets))
    found = np.linspace(1, max(int(curve.tp[-1]), 1), _STEPS)
    false = np.geomspace(1, max(most, 1), _STEPS)
    rows = np.concatenate(
        [np.searchsorted(curve.tp, found), np.searchsorted(curve.fp, false, side="right") - 1]
    )
    inside = (rows > 0) & (rows < len(curve.thresholds))
    rows = rows[inside]
    rows = rows[curve.fp[rows] <= most]
    return [_short(curve, float(curve.thresholds[row])) for row in np.unique(rows).tolist()]


def _row(curve: Sweep, threshold: float) -> int:
    """The row of the counts at a threshold."""
    above = np.searchsorted(-curve.thresholds, -np.float32(threshold), side="right")
    return max(int(above) - 1, 0)


def _text(curve: Sweep, threshold: float) -> str:
    return "every point" if threshold == -math.inf else f"{_short(curve, threshold, 4):.9g}"


def _short(curve: Sweep, threshold: float, least: int = 2) -> float:
    """The threshold with as few digits as give the same counts, but at least so many."""
    for digits in range(least, 9):
        shorter = float(f"{threshold:.{digits}g}")
        if _row(curve, shorter) == _row(curve, threshold):
            return shorter
    return threshold
