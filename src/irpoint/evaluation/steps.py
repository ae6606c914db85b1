"""Which predictions belong to which targets of one frame, at every threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from irpoint.evaluation.counts import EvaluatedFrame
from irpoint.evaluation.matching import Matcher, Matches, near_any


@dataclass(frozen=True, eq=False)
class Step:
    """The pairs of one frame from one score down to that of the next step.

    Attributes:
        score: the highest threshold at which these pairs hold.
        pairs: rows of the targets and of *all* predictions of the frame.
    """

    score: np.float32
    pairs: Matches


def match_steps(frame: EvaluatedFrame, rule: Matcher, radius: float) -> list[Step]:
    """The pairs at every threshold, highest first; there are none above the first step.

    The steps are the distinct scores of the predictions near a target: another one is false at
    every threshold and changes no pair.

    Args:
        frame: the targets and all predictions.
        rule: the matcher of a protocol, see :func:`irpoint.evaluation.matching.matcher`.
        radius: matching radius in pixels of the frame, inclusive.
    """
    near = near_any(frame.truth.xy, frame.predicted.xy, radius)
    score = frame.predicted.score[near]
    steps = []
    for level in np.unique(score)[::-1]:
        # In the given order, which `point-greedy` uses among equally near predictions.
        kept = near[score >= level]
        found = rule(frame.truth.xy, frame.predicted.xy[kept], radius)
        pairs = Matches(found.truth_index, kept[found.predicted_index], found.distance)
        steps.append(Step(np.float32(level), pairs))
    return steps
