"""False alarms of target-free footage → the threshold for a wanted rate, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.calibration.events import Alarms, dispersion, event_sizes
from irpoint.evaluation.intervals import clustered_interval

MIN_EVENTS = 5.0
"""Independent false alarms that a threshold needs, as on every model card."""


@dataclass(frozen=True)
class Counted:
    """False alarms at a threshold.

    Attributes:
        threshold: minimum score.
        alarms: number of false alarms in the footage.
        events: number of independent events that they belong to.
        effective: number of independent events of one alarm each that would give an equally
            certain rate.
        interval: 95 % interval of the mean of ``alarms`` in footage of this length.
    """

    threshold: float
    alarms: int
    events: int
    effective: float
    interval: tuple[float, float]


def choose_threshold(alarms: Alarms, allowed: float, lowest: float) -> float:
    """The lowest threshold at which at most ``allowed`` false alarms score.

    It lies midway between the lowest score that counts and the highest that does not, and is not
    below ``lowest``, the lowest score of a candidate.
    """
    score = np.sort(alarms.score.astype(np.float32))[::-1]
    distinct, first = np.unique(-score, return_index=True)
    ends = np.append(first[1:], len(score))  # number of points that score at least each level
    kept = int(np.searchsorted(ends, allowed * (1 + 1e-9), side="right"))
    if kept == len(ends):
        return lowest
    below = -distinct[kept]
    above = -distinct[kept - 1] if kept else np.nextafter(below, np.float32(np.inf))
    middle = np.float32((float(above) + float(below)) / 2)
    return float(middle if middle > below else above)


def count(alarms: Alarms, threshold: float, pixels: npt.ArrayLike) -> Counted:
    """Count the false alarms at a threshold, and how certain their number is.

    Args:
        alarms: all candidates of the footage.
        threshold: minimum score.
        pixels: (F,) searched pixels of each frame.
    """
    found = alarms.above(threshold)
    sizes, spread = event_sizes(found), dispersion(found, pixels)
    total = float(len(found))
    variance = max(float((sizes**2).sum()), spread * total)
    return Counted(
        threshold=threshold,
        alarms=len(found),
        events=len(sizes),
        effective=total**2 / variance if total else 0.0,
        interval=clustered_interval(sizes, spread),
    )


def is_enough(counted: Counted, allowed: float) -> bool:
    """Whether the footage supports a threshold for ``allowed`` false alarms.

    It does with five independent ones; or if even the upper limit at the lowest score is allowed.
    """
    return counted.effective >= MIN_EVENTS or counted.interval[1] <= allowed


def times_as_much(counted: Counted, allowed: float) -> float:
    """How many times as much footage would support the threshold, of the same kind."""
    return MIN_EVENTS / (counted.effective or min(allowed, 1.0))
