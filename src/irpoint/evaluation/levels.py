"""The evaluation at many thresholds at once, each exactly as a single evaluation counts it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from irpoint.errors import EvaluationError
from irpoint.evaluation.counts import (
    EvaluatedFrame,
    Evaluation,
    FrameCounts,
    check_settings,
    frame_counts,
)
from irpoint.evaluation.matching import RADIUS_PX, Matches, matcher
from irpoint.evaluation.steps import Step, match_steps

_NO_PAIRS = Matches(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))


def evaluate_levels(
    frames: Iterable[EvaluatedFrame],
    thresholds: Sequence[float | None],
    protocol: str = "point",
    radius: float = RADIUS_PX,
) -> list[Evaluation]:
    """What :func:`irpoint.evaluation.evaluate` gives at each of several thresholds.

    A frame is matched again only at the scores of predictions near a target, so a hundred
    thresholds cost little more than one.

    Args:
        frames: the frames; at least one.
        thresholds: minimum scores of a prediction that counts, in any order; None counts all.
        protocol: ``point`` (optimal assignment) or ``point-greedy`` (the published rule).
        radius: matching radius in pixels of the frame, inclusive; above 0.

    Raises:
        EvaluationError: as :func:`irpoint.evaluation.evaluate`.
    """
    for threshold in thresholds:
        check_settings(protocol, radius, threshold)
    rule, evaluated = matcher(protocol), tuple(frames)
    if not evaluated:
        raise EvaluationError("there is no frame to evaluate; choose another split")
    counts = [_counts(frame, match_steps(frame, rule, radius), thresholds) for frame in evaluated]
    return [
        Evaluation(tuple(of_frame), protocol, radius, threshold, evaluated)
        for threshold, of_frame in zip(thresholds, zip(*counts, strict=True), strict=True)
    ]


def pairs_at(steps: Sequence[Step], threshold: float | None) -> Matches:
    """The pairs of a frame at a threshold; None counts every prediction."""
    if threshold is None:
        return steps[-1].pairs if steps else _NO_PAIRS
    reached = bisect_right(steps, -np.float32(threshold), key=lambda step: -step.score)
    return steps[reached - 1].pairs if reached else _NO_PAIRS


def _counts(
    frame: EvaluatedFrame, steps: Sequence[Step], thresholds: Sequence[float | None]
) -> list[FrameCounts]:
    known: dict[tuple[int, int], FrameCounts] = {}  # most thresholds change nothing in a frame
    ascending: Any = np.sort(frame.predicted.score)
    counts = []
    for threshold in thresholds:
        below = 0 if threshold is None else np.searchsorted(ascending, np.float32(threshold))
        pairs, number = pairs_at(steps, threshold), len(ascending) - int(below)
        key = (id(pairs), number)
        if key not in known:
            known[key] = frame_counts(frame, frame.predicted, pairs, number)
        counts.append(known[key])
    return counts
