"""How well probabilities fit what happens: bins of a reliability diagram, and scores of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.evaluation.intervals import wilson_interval
from irpoint.evaluation.ratios import Float64Array

BINS = 10

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bin:
    """Points whose probabilities lie in one interval.

    Attributes:
        low, high: the interval, 0..1; the last one includes 1.
        count: number of points.
        real: number of those that are real targets.
        predicted: mean of their probabilities.
        observed: share of them that is real.
        interval: 95 % interval of that share (Wilson, J. Am. Stat. Assoc. 22, 1927).
    """

    low: float
    high: float
    count: int
    real: int
    predicted: float
    observed: float
    interval: tuple[float, float]


def reliability(probability: Float64Array, real: BoolArray, bins: int = BINS) -> list[Bin]:
    """The bins of a reliability diagram, of equal width; empty ones are left out.

    Args:
        probability: (N,) probability of each point, 0..1.
        real: (N,) whether each point is a real target.
        bins: number of bins from 0 to 1.
    """
    which = np.minimum((probability * bins).astype(int), bins - 1)
    found = []
    for number in np.unique(which).tolist():
        members = which == number
        count, true = int(members.sum()), int(real[members].sum())
        found.append(
            Bin(
                low=number / bins,
                high=(number + 1) / bins,
                count=count,
                real=true,
                predicted=float(probability[members].mean()),
                observed=true / count,
                interval=wilson_interval(true, count),
            )
        )
    return found


def calibration_error(probability: Float64Array, real: BoolArray, bins: int = BINS) -> float:
    """Expected calibration error: mean gap of predicted and observed, weighted by the counts."""
    parts = reliability(probability, real, bins)
    gaps = [part.count * abs(part.predicted - part.observed) for part in parts]
    return sum(gaps) / len(probability)


def brier(probability: Float64Array, real: BoolArray) -> float:
    """Brier score: mean squared difference of the probability and the outcome, 0 or 1."""
    return float(((probability - real) ** 2).mean())


def log_loss(probability: Float64Array, real: BoolArray) -> float:
    """Mean negative logarithm of the probability of what happened."""
    return float(-np.log(np.where(real, probability, 1 - probability)).mean())
