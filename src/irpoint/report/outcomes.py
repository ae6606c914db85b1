"""Which target each detection found, at every stop: what the examples of a report show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from irpoint.evaluation.levels import pairs_at
from irpoint.evaluation.matching import matcher
from irpoint.evaluation.records import FrameRecord
from irpoint.evaluation.steps import match_steps
from irpoint.report.stops import Stops

NEVER = -1


@dataclass(frozen=True)
class FrameOutcomes:
    """The outcomes of one frame.

    Attributes:
        shown: rows of the predictions that count at any stop, highest score first.
        first: for each of them, the first stop at which it counts; it counts at all later ones.
        runs: for each target, (stop, place in ``shown``) wherever its detection changes: it keeps
            the detection up to the next entry. Before the first entry it is missed, and from an
            entry with ``NEVER`` on.
    """

    shown: tuple[int, ...]
    first: tuple[int, ...]
    runs: tuple[tuple[tuple[int, int], ...], ...]

    def found_by(self, target: int, stop: int) -> int:
        """The place in ``shown`` of the detection of a target at a stop; ``NEVER`` if missed."""
        entries = [detection for start, detection in self.runs[target] if start <= stop]
        return entries[-1] if entries else NEVER


def frame_outcomes(frame: FrameRecord, stops: Stops, radius: float) -> FrameOutcomes:
    """The outcomes of a frame, with the pairs that the figures are counted from."""
    evaluated = frame.evaluated()
    score = evaluated.predicted.score
    order = np.argsort(-score, kind="stable")
    first = _first_stops(score[order], stops.thresholds)
    shown = order[first < len(stops.thresholds)]
    place = {row: k for k, row in enumerate(shown.tolist())}
    runs: list[list[tuple[int, int]]] = [[] for _ in frame.targets]
    steps = match_steps(evaluated, matcher("point"), radius) if frame.targets else []
    before: dict[int, int] = {}
    for stop, threshold in enumerate(stops.thresholds if steps else ()):
        pairs = pairs_at(steps, threshold)
        now = dict(zip(pairs.truth_index.tolist(), pairs.predicted_index.tolist(), strict=True))
        if now == before:
            continue
        for target, run in enumerate(runs):
            if now.get(target) != before.get(target):
                run.append((stop, place[now[target]] if target in now else NEVER))
        before = now
    return FrameOutcomes(
        tuple(shown.tolist()), tuple(first[: len(shown)].tolist()), tuple(map(tuple, runs))
    )


def _first_stops(
    descending: np.ndarray[tuple[int], np.dtype[np.float32]], thresholds: Sequence[float | None]
) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """The first stop at which each score counts; the number of stops if it never does."""
    levels = np.array([-np.inf if t is None else t for t in thresholds], np.float32)
    return np.searchsorted(-levels, -descending, side="left")
