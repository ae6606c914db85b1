"""Points of successive frames → tracks.

Each track is a Kalman filter with constant velocity. In each frame, tracks and points are assigned
to each other so that the sum of their log-likelihoods is largest, confirmed tracks first. Points of
different polarity never join one track. A track is confirmed once it was detected in M of the last
N frames, which false alarms rarely are. It coasts over frames without a detection, and ends if
there are too many of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.optimize import linear_sum_assignment

Floats = npt.NDArray[np.float64]
_TAIL = 30  # positions of a track that are kept for drawing


class TrackSettings(BaseModel):
    """How targets move, and when a track is confirmed. The units are frame pixels and frames."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confirm: int = Field(3, ge=1, description="M: detections that confirm a track")
    within: int = Field(4, ge=1, le=60, description="N: number of latest frames that count")
    coast: int = Field(8, ge=0, description="frames without a detection before a track ends")
    gate: float = Field(
        3.5, gt=0, description="maximum standard deviations between a track and its point"
    )
    noise: float = Field(0.7, gt=0, description="standard deviation of a point's position")
    acceleration: float = Field(0.5, gt=0, description="standard deviation, per frame²")
    speed: float = Field(4.0, ge=0, description="standard deviation of a new track's speed")

    @model_validator(mode="after")
    def _can_confirm(self) -> TrackSettings:
        if self.confirm > self.within:
            raise ValueError(f"{self.confirm} of {self.within} frames: no track is ever confirmed")
        return self


@dataclass
class Track:
    """One track, confirmed or not.

    Attributes:
        xy, velocity: (2,) position, and speed per frame.
        covariance: (2, 2) of position and speed, the same along both axes.
        dark: whether its points are dark.
        number: from 1; 0 until the track is confirmed.
        detected: one bit per frame, the latest frame lowest.
        age: number of frames since it began, the first included.
        missed: number of frames since the last detection.
        tail: the latest positions.
    """

    xy: Floats
    velocity: Floats
    covariance: Floats
    dark: bool = False
    number: int = 0
    detected: int = 1
    age: int = 1
    missed: int = 0
    tail: list[tuple[float, float]] = field(default_factory=list)


class Tracker:
    """Tracks the points of one sequence, frame by frame.

    Examples:
        >>> tracker = Tracker()
        >>> [tracker.update(np.array([[10.0 + 2 * k, 20.0]])).tolist() for k in range(4)]
        [[0], [0], [1], [1]]
    """

    def __init__(self, settings: TrackSettings | None = None) -> None:
        self.settings = settings or TrackSettings()
        self.tracks: list[Track] = []
        self._last_number = 0

    def update(
        self, xy: npt.NDArray[np.floating], dark: npt.NDArray[np.bool_] | None = None
    ) -> npt.NDArray[np.intp]:
        """Process the points (N, 2) of the next frame.

        Args:
            xy: positions in frame pixels.
            dark: (N,) whether each point is dark; None if all are bright.

        Returns:
            The track number of each point, int (N,); 0 for points of no confirmed track.
        """
        points = np.asarray(xy, np.float64).reshape(-1, 2)
        kinds = np.zeros(len(points), bool) if dark is None else np.asarray(dark, bool)
        for track in self.tracks:
            self._predict(track)
        numbers = np.zeros(len(points), np.intp)
        free = np.ones(len(points), bool)
        for stage in (True, False):
            waiting = [track for track in self.tracks if (track.number > 0) == stage]
            open_points = np.flatnonzero(free)
            for row, column in self._assign(waiting, points[open_points], kinds[open_points]):
                index = open_points[column]
                self._correct(waiting[row], points[index])
                numbers[index] = waiting[row].number
                free[index] = False
        self.tracks = [track for track in self.tracks if self._continues(track)]
        self.tracks += [self._begin(*new) for new in zip(points[free], kinds[free], strict=True)]
        if self.settings.confirm == 1:
            numbers[free] = [track.number for track in self.tracks[len(self.tracks) - free.sum() :]]
        return numbers

    def tails(self) -> Iterator[tuple[int, Floats]]:
        """Number and latest positions (n, 2) of every confirmed track, oldest first."""
        for track in self.tracks:
            if track.number:
                yield track.number, np.array(track.tail)

    def _begin(self, point: Floats, dark: np.bool_) -> Track:
        settings = self.settings
        covariance = np.diag([settings.noise**2, settings.speed**2])
        track = Track(point.copy(), np.zeros(2), covariance, bool(dark))
        self._confirm(track)
        return track

    def _predict(self, track: Track) -> None:
        step = np.array([[1.0, 1.0], [0.0, 1.0]])
        push = self.settings.acceleration * np.array([0.5, 1.0])
        track.xy = track.xy + track.velocity
        track.covariance = step @ track.covariance @ step.T + np.outer(push, push)
        track.detected = track.detected << 1 & (1 << self.settings.within) - 1
        track.age += 1
        track.missed += 1

    def _assign(
        self, tracks: list[Track], points: Floats, dark: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[int, int]]:
        if not tracks or not len(points):
            return
        variance = np.array([track.covariance[0, 0] for track in tracks]) + self.settings.noise**2
        positions = np.array([track.xy for track in tracks])
        squared = ((positions[:, None] - points[None]) ** 2).sum(axis=2) / variance[:, None]
        same = np.array([track.dark for track in tracks])[:, None] == dark[None]
        inside = same & (squared <= self.settings.gate**2)
        # Twice the negative log-likelihood; a pair outside the gate costs
        # more than all others together.
        cost = squared + 2 * np.log(variance)[:, None]
        lowest = float(cost.min())
        outside = (float(cost[inside].max()) - lowest + 1) * (len(cost) + 1) if inside.any() else 1
        rows, columns = linear_sum_assignment(np.where(inside, cost - lowest, outside))
        yield from (
            (int(row), int(column))
            for row, column in zip(rows, columns, strict=True)
            if inside[row, column]
        )

    def _correct(self, track: Track, point: Floats) -> None:
        covariance = track.covariance
        gain = covariance[:, 0] / (covariance[0, 0] + self.settings.noise**2)
        off = point - track.xy
        track.xy, track.velocity = track.xy + gain[0] * off, track.velocity + gain[1] * off
        track.covariance = covariance - np.outer(gain, covariance[0])
        track.detected |= 1
        track.missed = 0
        self._confirm(track)

    def _confirm(self, track: Track) -> None:
        if not track.number and track.detected.bit_count() >= self.settings.confirm:
            self._last_number += 1
            track.number = self._last_number
        track.tail = [*track.tail[1 - _TAIL :], (float(track.xy[0]), float(track.xy[1]))]

    def _continues(self, track: Track) -> bool:
        settings = self.settings
        if track.number:
            return track.missed <= settings.coast
        to_come = max(0, settings.within - track.age)
        return track.detected.bit_count() + to_come >= settings.confirm or (
            track.missed <= settings.within - settings.confirm
        )
