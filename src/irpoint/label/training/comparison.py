"""Compare the present and the new model on the same frames, and say it in a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from irpoint.evaluation.compare import compare
from irpoint.evaluation.counts import Evaluation, FrameCounts
from irpoint.evaluation.matching import RADIUS_PX

Verdict = Literal["better", "worse", "same", "unknown"]


@dataclass(frozen=True)
class Figures:
    """F1 in 0..1, and the counts behind it, of one model on the judged frames."""

    f1: float
    found: int
    missed: int
    false: int


@dataclass(frozen=True)
class Compared:
    """A comparison on frames that neither model has learned.

    Attributes:
        verdict: ``better`` or ``worse`` if the 95 % interval of the difference excludes 0.
        sentence: the verdict in words, with the interval.
        frames, targets: number of judged frames and of their targets.
        before, after: figures of the present and of the new model.
        difference, low, high: difference of F1 in points, and its interval.
    """

    verdict: Verdict
    sentence: str
    frames: int
    targets: int
    before: Figures
    after: Figures
    difference: float
    low: float
    high: float


def compared(
    before: Sequence[FrameCounts], after: Sequence[FrameCounts], scenes: Sequence[str]
) -> Compared:
    """Compare two models.

    Args:
        before, after: counts of the N judged frames, in the same order.
        scenes: (N,) what each frame shows. The interval is over scenes, since frames of one scene
            agree.
    """
    pooled = [_evaluation(by_scene(counts, scenes)) for counts in (before, after)]
    result = compare(pooled[1], pooled[0])
    points = [100 * value for value in (result.difference, *result.interval_95)]
    verdict: Verdict = "better" if points[1] > 0 else "worse" if points[2] < 0 else "same"
    return Compared(
        verdict, in_words(*points), len(before), pooled[0].targets,
        _figures(pooled[0]), _figures(pooled[1]), *points,
    )  # fmt: skip


def in_words(difference: float, low: float, high: float) -> str:
    """A difference and its interval, in points of F1, as a sentence.

    >>> in_words(6.2, 1.8, 11.4)
    'Better by 6 points (2 to 11).'
    >>> in_words(1.4, -3.2, 5.8)
    'No difference can be seen: between 3 points worse and 6 points better.'
    """
    if low > 0:
        return f"Better by {_points(difference)} ({_number(low)} to {_number(high)})."
    if high < 0:
        return f"Worse by {_points(-difference)} ({_number(-high)} to {_number(-low)})."
    if math.floor(-low + 0.5) == math.floor(high + 0.5) == 0:
        return "No difference can be seen."
    return (
        f"No difference can be seen: between {_points(abs(min(low, 0)))} worse and "
        f"{_points(max(high, 0))} better."
    )


def _points(value: float) -> str:
    text = _number(value)
    return f"{text} point{'' if text == '1' else 's'}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 0.95 or value == 0 else f"{value:.1f}"


def by_scene(counts: Sequence[FrameCounts], scenes: Sequence[str]) -> list[FrameCounts]:
    """The sums of the counts of each scene."""
    members: dict[str, list[FrameCounts]] = {}
    for scene, frame in zip(scenes, counts, strict=True):
        members.setdefault(scene, []).append(frame)
    return [
        FrameCounts(
            name=scene,
            dataset="",
            pixels=sum(frame.pixels for frame in frames),
            tp=sum(frame.tp for frame in frames),
            fp=sum(frame.fp for frame in frames),
            fn=sum(frame.fn for frame in frames),
            error_xy=np.concatenate([frame.error_xy for frame in frames]),
        )
        for scene, frames in members.items()
    ]


def _evaluation(counts: Sequence[FrameCounts]) -> Evaluation:
    return Evaluation(tuple(counts), "point", RADIUS_PX, None)


def _figures(evaluation: Evaluation) -> Figures:
    return Figures(evaluation.f1, evaluation.tp, evaluation.fn, evaluation.fp)
