"""Where labels and the proposals of a model disagree: one of the two is wrong there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from irpoint.label.labels import Summary

SAME_TARGET = 3.0  # px, maximum distance of a proposal and a label that agree, as on the page
DISPLACED = 12.0  # px, maximum distance at which they are of one target, but not where the other is

Positions = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Disagreement(NamedTuple):
    """How the labels of one frame differ from the proposals of a model.

    Attributes:
        weight: the sum over all differences. A proposal without a label and a label without a
            proposal weigh the distance of the score from the threshold, relative to the threshold.
            The score of a label is that of the strongest candidate beside it, 0 if there is none.
            A displaced pair weighs from 0 at ``SAME_TARGET`` to 1 at ``DISPLACED``.
        unlabelled: number of proposals without a label.
        strongest: the highest score of those; 0 if there are none.
        missed: number of labels without a proposal.
        displaced: number of labels with a proposal nearby that is not at the same position, as
            often happens with extended targets.
        farthest: the largest distance of those in pixels; 0 if there are none.
    """

    weight: float
    unlabelled: int = 0
    strongest: float = 0.0
    missed: int = 0
    displaced: int = 0
    farthest: float = 0.0


def disagreement(
    labels: Positions, refused: Positions, candidates: Positions, threshold: float
) -> Disagreement | None:
    """Compare the labels of a frame with the candidates of a model.

    Args:
        labels: (N, 2) labels.
        refused: (M, 2) proposals that a person has refused, which are not counted.
        candidates: (K, 3) positions and scores.
        threshold: minimum score of a proposal.

    Returns:
        None if they agree.
    """
    positions, scores = candidates[:, :2], candidates[:, 2]
    beside_label = _distances(positions, labels) <= SAME_TARGET
    refused_ones = (_distances(positions, refused) <= SAME_TARGET).any(axis=1)
    unlabelled = (scores >= threshold) & ~beside_label.any(axis=1) & ~refused_ones
    best = np.max(np.where(beside_label, scores[:, None], 0), axis=0, initial=0)
    missed = best < threshold
    if not unlabelled.any() and not missed.any():
        return None
    gaps = _pair(positions, labels, unlabelled, missed)
    weight = (scores[unlabelled] / threshold - 1).sum() + (1 - best[missed] / threshold).sum()
    weight += sum((gap - SAME_TARGET) / (DISPLACED - SAME_TARGET) for gap in gaps)
    return Disagreement(
        float(weight),
        int(unlabelled.sum()),
        float(scores[unlabelled].max(initial=0)),
        int(missed.sum()),
        len(gaps),
        max(gaps, default=0.0),
    )


def _distances(one: Positions, other: Positions) -> Positions:
    """(K, N) distances of (K, 2) from (N, 2) positions."""
    distances: Positions = np.linalg.norm(one[:, None] - other[None], axis=2)
    return distances


def _pair(positions: Positions, labels: Positions, unlabelled: Flags, missed: Flags) -> list[float]:
    """Pair proposals and labels of one target, nearest first, and clear their flags.

    Returns:
        The distances of the pairs.
    """
    gaps = _distances(positions, labels)
    gaps[~unlabelled] = gaps[:, ~missed] = np.inf
    found = []
    while gaps.size and gaps.min() <= DISPLACED:
        proposal, label = np.unravel_index(gaps.argmin(), gaps.shape)
        found.append(float(gaps[proposal, label]))
        unlabelled[proposal] = missed[label] = False
        gaps[proposal] = gaps[:, label] = np.inf
    return found


class Disagreements:
    """Compares all frames, and only those again whose labels have changed.

    Args:
        labels: returns the labels and the refused proposals of a frame, (N, 2) each.
        candidates: returns the rows x, y, score that the model has found in a frame; None if it has
            not processed the frame.
    """

    def __init__(
        self,
        labels: Callable[[str], tuple[Positions, Positions]],
        candidates: Callable[[str], Sequence[Sequence[float]] | None],
    ) -> None:
        self._labels, self._candidates = labels, candidates
        self._basis: tuple[str, float] | None = None
        self._known: dict[str, tuple[int, Disagreement | None]] = {}
        self._lock = threading.Lock()

    def find(
        self, summaries: Mapping[str, Summary], key: str, threshold: float
    ) -> tuple[int, dict[str, Disagreement]]:
        """Compare the frames with a model.

        Args:
            summaries: the frames to compare.
            key: identifies the model.
            threshold: minimum score of a proposal.

        Returns:
            The number of compared frames, which the model has processed, and those that disagree,
            highest weight first.
        """
        with self._lock:
            now = self._compare(summaries, key, threshold)
        differ = {name: found for name, (_, found) in now.items() if found is not None}
        worst = sorted(differ, key=lambda name: (-differ[name].weight, -differ[name].missed))
        return len(now), {name: differ[name] for name in worst}

    def _compare(
        self, summaries: Mapping[str, Summary], key: str, threshold: float
    ) -> dict[str, tuple[int, Disagreement | None]]:
        known = self._known if self._basis == (key, threshold) else {}
        now = {}
        for name, summary in summaries.items():
            before = known.get(name)
            if before is not None and before[0] == summary.version:
                now[name] = before
                continue
            rows = self._candidates(name)
            if rows is not None:
                candidates = np.array(rows, float).reshape(-1, 3)
                found = disagreement(*self._labels(name), candidates, threshold)
                now[name] = summary.version, found
        self._basis, self._known = (key, threshold), now
        return now
