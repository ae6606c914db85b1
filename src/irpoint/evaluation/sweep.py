"""Counts at every score threshold, and thresholds chosen from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from irpoint.errors import EvaluationError
from irpoint.evaluation.counts import EvaluatedFrame
from irpoint.evaluation.matching import RADIUS_PX, Matcher, matcher, near_any
from irpoint.evaluation.ratios import Float64Array, Ratios, ratios

CountArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]

NO_SCORE_THRESHOLD = 1.0
"""The threshold given where no prediction has a score to choose from."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """Counts at T thresholds, from saying nothing down to saying everything.

    Attributes:
        thresholds: float32 (T,) strictly descending. The first lies just above the highest score
            (nothing is said), then every distinct score; at each, predictions that score at least
            as much are counted.
        tp: int64 (T,) targets found; never falls along the axis.
        fp: int64 (T,) false alarms; never falls along the axis.
        targets: number of targets of all frames.
        images: number of frames, those without targets included.
        pixels: number of pixels of all frames.
    """

    thresholds: FloatArray
    tp: CountArray
    fp: CountArray
    targets: int
    images: int
    pixels: int

    @property
    def fn(self) -> CountArray:
        """int64 (T,) targets missed."""
        return self.targets - self.tp

    @cached_property
    def _ratios(self) -> Ratios:
        return ratios(self.tp, self.fp, self.fn)

    @property
    def precision(self) -> Float64Array:
        """float64 (T,) in 0..1."""
        return self._ratios.precision

    @property
    def recall(self) -> Float64Array:
        """float64 (T,) in 0..1: the detection probability Pd."""
        return self._ratios.recall

    @property
    def f1(self) -> Float64Array:
        """float64 (T,) in 0..1."""
        return self._ratios.f1

    @property
    def false_alarms_per_image(self) -> Float64Array:
        """float64 (T,) false points an image."""
        return self.fp / self.images

    @property
    def false_alarms_per_mpx(self) -> Float64Array:
        """float64 (T,) false points a million pixels."""
        return self.fp / self.pixels * 1e6

    def best_f1(self) -> tuple[float, float]:
        """(threshold, F1) of the best F1; choose it on a validation split, never on test.

        The threshold lies midway between the lowest score that is kept and the highest that is
        not, so that small changes of a score do not flip a point. Of equally good ones the
        highest: it says least.
        """
        best = int(np.argmax(self.f1))
        return self._midway(best), float(self.f1[best])

    def at_false_alarms_per_mpx(self, rate: float) -> float:
        """The lowest threshold (midway, as :meth:`best_f1`) with at most ``rate`` false points
        a million pixels on these frames.

        Raises:
            EvaluationError: where the rate is below 0 or not a number.
        """
        if not rate >= 0:
            raise EvaluationError(f"false-alarm rate {rate} per Mpx must be 0 or more")
        allowed = np.flatnonzero(self.false_alarms_per_mpx <= rate)
        return self._midway(int(allowed[-1]))

    def _midway(self, row: int) -> float:
        kept = self.thresholds[row]
        if row + 1 == len(self.thresholds):
            return float(kept)
        below = self.thresholds[row + 1]
        # In float32, since scores are compared in it: the mean of neighbouring floats may round
        # down onto the score that is to stay out.
        middle = np.float32((float(kept) + float(below)) / 2)
        return float(middle if middle > below else kept)


def sweep(
    frames: Iterable[EvaluatedFrame], protocol: str = "point", radius: float = RADIUS_PX
) -> Sweep:
    """Counts re-matched at every distinct score of the predictions.

    Exact: no grid. A prediction that is near no target is false at every threshold, so a frame
    is matched again only where a prediction near a target joins.

    Args as :func:`irpoint.evaluation.counts.evaluate`.

    Raises:
        EvaluationError: for no frame, an unknown protocol or a radius out of range.
    """
    rule = matcher(protocol)
    rated = list(frames)
    if not rated:
        raise EvaluationError("there is no frame to sweep; give a split that names some")
    gains = [_gains(frame, rule, radius) for frame in rated]
    scores = np.concatenate([frame.predicted.score for frame in rated])
    gain = np.concatenate([[0], *gains]).astype(np.int64)[1:]
    distinct, where = np.unique(scores, return_inverse=True)
    said = np.bincount(where, minlength=len(distinct))[::-1]
    found = np.bincount(where, weights=gain, minlength=len(distinct))[::-1]
    tp = np.concatenate([[0], np.cumsum(found)]).astype(np.int64)
    predicted = np.concatenate([[0], np.cumsum(said)]).astype(np.int64)
    return Sweep(
        thresholds=_thresholds(distinct[::-1]),
        tp=tp,
        fp=predicted - tp,
        targets=sum(len(frame.truth) for frame in rated),
        images=len(rated),
        pixels=sum(frame.pixels for frame in rated),
    )


def _thresholds(descending: FloatArray) -> FloatArray:
    if not len(descending):
        return np.array([NO_SCORE_THRESHOLD], dtype=np.float32)
    above_all = np.nextafter(descending[0], np.float32(np.inf))
    return np.concatenate([[above_all], descending]).astype(np.float32)


def _gains(frame: EvaluatedFrame, rule: Matcher, radius: float) -> CountArray:
    """int64 (N,): how many targets more are found when the threshold falls to each prediction.

    Of predictions with one score the last carries the gain of all.
    """
    gains = np.zeros(len(frame.predicted), dtype=np.int64)
    near = near_any(frame.truth.xy, frame.predicted.xy, radius)
    score = frame.predicted.score[near]
    found = 0
    for level in np.unique(score)[::-1]:
        # In the order given, which `point-greedy` uses among equally near predictions.
        now = len(rule(frame.truth.xy, frame.predicted.xy[near[score >= level]], radius))
        gains[near[score == level][-1]] = now - found
        found = now
    return gains
