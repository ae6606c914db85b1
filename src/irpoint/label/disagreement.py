"""Where labels and the proposals of a model disagree: one of the two is wrong there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from irpoint.label.labels import Summary

SAME_TARGET = 3.0  # px, maximum distance of a proposal and a label of one target, as on the page

Positions = npt.NDArray[np.float64]


class Disagreement(NamedTuple):
    """How the labels of one frame differ from the proposals of a model.

    Attributes:
        weight: sum of the distances of the scores from the threshold, relative to the threshold.
            The score of a label is that of the strongest candidate beside it, 0 if there is none.
        unlabelled: number of proposals without a label.
        strongest: the highest score of those; 0 if there are none.
        missed: number of labels without a proposal.
    """

    weight: float
    unlabelled: int
    strongest: float
    missed: int


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
    scores = candidates[:, 2]
    proposed = scores >= threshold
    beside_label = _near(candidates[:, :2], labels)
    open_scores = scores[
        proposed & ~beside_label.any(axis=1) & ~_near(candidates[:, :2], refused).any(axis=1)
    ]
    best = np.max(np.where(beside_label, scores[:, None], 0), axis=0, initial=0)
    missed = best[best < threshold]
    if not len(open_scores) and not len(missed):
        return None
    weight = (open_scores / threshold - 1).sum() + (1 - missed / threshold).sum()
    strongest = float(open_scores.max(initial=0))
    return Disagreement(float(weight), len(open_scores), strongest, len(missed))


def _near(one: Positions, other: Positions) -> npt.NDArray[np.bool_]:
    """(K, N): whether two positions are of the same target."""
    gaps = np.linalg.norm(one[:, None] - other[None], axis=2)
    near: npt.NDArray[np.bool_] = gaps <= SAME_TARGET
    return near


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
