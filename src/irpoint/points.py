"""The one record that every detection and every label is: :class:`Points`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Points:
    """Point targets of one frame.

    Attributes:
        xy: float32 (N, 2), frame pixels, x right and y down; the top-left pixel's centre is (0, 0).
        score: float32 (N,), response of the detector; 1 for labels.

    Raises:
        ValueError: where the shapes disagree or a value is not finite.
    """

    xy: FloatArray
    score: FloatArray

    def __post_init__(self) -> None:
        xy = np.asarray(self.xy, dtype=np.float32).reshape(-1, 2)
        score = np.asarray(self.score, dtype=np.float32).reshape(-1)
        if len(xy) != len(score):
            raise ValueError(f"{len(xy)} positions but {len(score)} scores")
        if not (np.isfinite(xy).all() and np.isfinite(score).all()):
            raise ValueError("positions and scores must be finite")
        object.__setattr__(self, "xy", xy)
        object.__setattr__(self, "score", score)

    @classmethod
    def empty(cls) -> Points:
        """No points."""
        return cls(np.empty((0, 2), np.float32), np.empty(0, np.float32))

    @classmethod
    def labels(cls, xy: npt.ArrayLike) -> Points:
        """Labels at ``xy`` (N, 2), each with score 1."""
        array = np.asarray(xy, dtype=np.float32).reshape(-1, 2)
        return cls(array, np.ones(len(array), np.float32))

    def __len__(self) -> int:
        return len(self.xy)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Points):
            return NotImplemented
        return np.array_equal(self.xy, other.xy) and np.array_equal(self.score, other.score)

    def __getitem__(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice) -> Points:
        """The points that a mask, an index array or a slice selects."""
        return Points(self.xy[index], self.score[index])

    def above(self, threshold: float) -> Points:
        """The points that score at least ``threshold``."""
        return self[self.score >= threshold]


@dataclass(frozen=True)
class FrameResult:
    """What a detector says of one frame of a source.

    Attributes:
        index: number of the frame in its source, from 0.
        time_s: time of the frame in its source in seconds, or None where the source has no clock.
        source: the file (or stream) that the frame comes from.
        points: the detections.
        track_ids: one track number a point, where tracking is on.
    """

    index: int
    time_s: float | None
    source: str
    points: Points
    track_ids: Sequence[int] | None = None
