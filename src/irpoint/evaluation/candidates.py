"""The candidates of a model on labelled frames, each real or false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.evaluation.counts import EvaluatedFrame
from irpoint.evaluation.matching import RADIUS_PX, Matcher, matcher
from irpoint.evaluation.ratios import Float64Array
from irpoint.evaluation.sweep import score_gains


@dataclass(frozen=True, eq=False)
class Candidates:
    """Scored points of labelled frames.

    A point is real if one more target is found when the threshold falls to its score. So the real
    and false ones above any threshold are the tp and fp of an evaluation at that threshold; the
    second point on a target is false.

    Attributes:
        score: float64 (N,).
        real: bool (N,).
        frame: int (N,) number of the frame that each is in.
        frames: number of frames.
    """

    score: Float64Array
    real: npt.NDArray[np.bool_]
    frame: npt.NDArray[np.intp]
    frames: int

    @classmethod
    def of(
        cls,
        frames: Sequence[EvaluatedFrame],
        lowest_score: float = 0.0,
        protocol: str = "point",
        radius: float = RADIUS_PX,
    ) -> Candidates:
        """The points of ``frames`` that score at least ``lowest_score``.

        Raises:
            EvaluationError: if the protocol is unknown, or if the radius is out of range.
        """
        rule = matcher(protocol)
        counts = [len(frame.predicted) for frame in frames]
        score = np.concatenate([[], *(frame.predicted.score for frame in frames)])
        real = np.concatenate([[], *(_real(frame, rule, radius) for frame in frames)])
        number = np.repeat(np.arange(len(frames)), counts)
        kept = score.astype(np.float32) >= np.float32(lowest_score)
        return cls(score[kept], real[kept].astype(bool), number[kept], len(frames))

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, kept: npt.NDArray[np.bool_]) -> Candidates:
        """The candidates that a mask selects."""
        return Candidates(self.score[kept], self.real[kept], self.frame[kept], self.frames)

    def folds(self, count: int, seed: int = 0) -> npt.NDArray[np.intp]:
        """(N,) fold of each candidate; candidates of one frame are in one fold."""
        order = np.random.default_rng(seed).permutation(self.frames)
        return (order % count)[self.frame]


def _real(frame: EvaluatedFrame, rule: Matcher, radius: float) -> npt.NDArray[np.bool_]:
    gains = score_gains(frame, rule, radius)
    real = gains > 0
    for index in np.flatnonzero(gains > 1):  # several of one score, of which the last has all gains
        tied = np.flatnonzero((frame.predicted.score == frame.predicted.score[index]) & ~real)
        nearest = tied[np.argsort(_distance(frame, tied), kind="stable")]
        real[nearest[: gains[index] - 1]] = True
    return real


def _distance(frame: EvaluatedFrame, points: npt.NDArray[np.intp]) -> Float64Array:
    """Distance of points to their nearest target."""
    offset = frame.predicted.xy[points][:, None].astype(np.float64) - frame.truth.xy[None]
    distance: Float64Array = np.hypot(offset[..., 0], offset[..., 1]).min(axis=1)
    return distance
