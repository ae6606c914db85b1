"""Counts at every score threshold, and thresholds chosen from them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from irpoint.errors import EvaluationError
from irpoint.evaluation.counts import EvaluatedFrame
from irpoint.evaluation.matching import RADIUS_PX, Matcher, matcher, near_any
from irpoint.evaluation.ratios import Float64Array, Ratios, ratios
from irpoint.evaluation.steps import match_steps

CountArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]

NO_SCORE_THRESHOLD = 1.0
"""The threshold if there is no prediction to choose it from."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """Counts at T descending thresholds.

    Attributes:
        thresholds: float32 (T,) strictly descending: first a value just above the highest score, at
            which no prediction counts, then every distinct score. At each, the predictions with at
            least this score count.
        tp: int64 (T,) targets found; never decreases.
        fp: int64 (T,) false alarms; never decreases.
        targets: number of targets of all frames.
        images: number of frames, including those without targets.
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
        """float64 (T,) in 0..1; nan without targets."""
        return self._ratios.precision

    @property
    def recall(self) -> Float64Array:
        """float64 (T,) in 0..1: the detection probability Pd; nan without targets."""
        return self._ratios.recall

    @property
    def f1(self) -> Float64Array:
        """float64 (T,) in 0..1; nan without targets."""
        return self._ratios.f1

    @property
    def false_alarms_per_image(self) -> Float64Array:
        """float64 (T,) false points per image."""
        return self.fp / self.images

    @property
    def false_alarms_per_mpx(self) -> Float64Array:
        """float64 (T,) false points per million pixels."""
        return self.fp / self.pixels * 1e6

    def best_f1(self) -> tuple[float, float]:
        """The threshold with the best F1, and that F1. Choose it on a validation split only.

        The threshold lies midway between the lowest score that counts and the highest that does
        not, so that small changes of a score do not change the result. Of several thresholds with
        the same F1 it is the highest, which gives the fewest points. Without targets, F1 is nan
        and no prediction reaches the threshold.
        """
        if not self.targets:
            return float(self.thresholds[0]), math.nan
        best = int(np.argmax(self.f1))
        return self._midway(best), float(self.f1[best])

    def at_false_alarms_per_mpx(self, rate: float) -> float:
        """The lowest threshold with at most ``rate`` false points per million pixels.

        It lies midway between two scores, as in :meth:`best_f1`.

        Raises:
            EvaluationError: if the rate is below 0 or not a number.
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
        # Scores are compared in float32, in which the mean of two neighbouring floats may round
        # down to the lower score, which must not count.
        middle = np.float32((float(kept) + float(below)) / 2)
        return float(middle if middle > below else kept)


def sweep(
    frames: Iterable[EvaluatedFrame], protocol: str = "point", radius: float = RADIUS_PX
) -> Sweep:
    """Count the predictions at every distinct score.

    The counts are exact, because every score is used as a threshold. A prediction that is near no
    target is false at every threshold, so a frame is matched again only at the scores of
    predictions near a target.

    Args:
        frames: the frames; at least one.
        protocol: ``point`` (optimal assignment) or ``point-greedy`` (the published rule).
        radius: matching radius in pixels of the frame, inclusive; above 0.

    Raises:
        EvaluationError: if there is no frame, if the protocol is unknown, or if the radius is out
            of range.
    """
    rule = matcher(protocol)
    listed = list(frames)
    if not listed:
        raise EvaluationError("there is no frame to sweep; choose another split")
    gains = [score_gains(frame, rule, radius) for frame in listed]
    scores = np.concatenate([frame.predicted.score for frame in listed])
    gain = np.concatenate([[0], *gains]).astype(np.int64)[1:]
    distinct, index = np.unique(scores, return_inverse=True)
    predictions = np.bincount(index, minlength=len(distinct))[::-1]
    found = np.bincount(index, weights=gain, minlength=len(distinct))[::-1]
    tp = np.concatenate([[0], np.cumsum(found)]).astype(np.int64)
    predicted = np.concatenate([[0], np.cumsum(predictions)]).astype(np.int64)
    return Sweep(
        thresholds=_thresholds(distinct[::-1]),
        tp=tp,
        fp=predicted - tp,
        targets=sum(len(frame.truth) for frame in listed),
        images=len(listed),
        pixels=sum(frame.pixels for frame in listed),
    )


def _thresholds(descending: FloatArray) -> FloatArray:
    if not len(descending):
        return np.array([NO_SCORE_THRESHOLD], dtype=np.float32)
    above_all = np.nextafter(descending[0], np.float32(np.inf))
    return np.concatenate([[above_all], descending]).astype(np.float32)


def score_gains(frame: EvaluatedFrame, rule: Matcher, radius: float) -> CountArray:
    """int64 (N,): how many more targets are found at the score of each prediction of a frame.

    Of several predictions with the same score, the last has the gain of all. ``rule`` is the
    matcher of a protocol, see :func:`irpoint.evaluation.matching.matcher`.
    """
    gains = np.zeros(len(frame.predicted), dtype=np.int64)
    near = near_any(frame.truth.xy, frame.predicted.xy, radius)
    score = frame.predicted.score[near]
    found = 0
    for step in match_steps(frame, rule, radius):
        gains[near[score == step.score][-1]] = len(step.pairs) - found
        found = len(step.pairs)
    return gains
