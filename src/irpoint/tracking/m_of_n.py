"""Points of successive frames → tracks.

Each track is a Kalman filter with constant velocity. The measurement noise of a measured point is
its covariance and the jitter of the camera. In each frame, tracks and points are assigned to each
other so that the sum of their log-likelihoods is largest, confirmed tracks first. Points of
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

from irpoint.points import TrackState

Floats = npt.NDArray[np.float64]
_TAIL = 30  # positions of a track that are kept for drawing

# The state of a track is (x, y, speed along x, speed along y). In one frame, the speed moves the
# place, and an unknown acceleration along each axis changes both.
_STEP = np.eye(4) + np.eye(4, k=2)
_PUSH = np.concatenate([0.5 * np.eye(2), np.eye(2)])


class TrackSettings(BaseModel):
    """How targets move, and when a track is confirmed. The units are frame pixels and frames."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confirm: int = Field(3, ge=1, description="M: detections that confirm a track")
    within: int = Field(4, ge=1, le=60, description="N: number of latest frames that count")
    coast: int = Field(8, ge=0, description="frames without a detection before a track ends")
    gate: float = Field(
        3.5, gt=0, description="maximum standard deviations between a track and its point"
    )
    noise: float = Field(
        0.7, gt=0, description="standard deviation of a position that was not measured"
    )
    jitter: float = Field(
        0.7,
        ge=0,
        description="standard deviation of a measured position beyond its uncertainty: a camera "
        "that shakes, a target that does not fly straight",
    )
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
        state: (4,) position x, y, and speed along x and y per frame.
        covariance: (4, 4) of the state.
        dark: whether its points are dark.
        number: from 1; 0 until the track is confirmed.
        detected: one bit per frame, the latest frame lowest.
        age: number of frames since it began, the first included.
        missed: number of frames since the last detection.
        tail: the latest positions.
    """

    state: Floats
    covariance: Floats
    dark: bool = False
    number: int = 0
    detected: int = 1
    age: int = 1
    missed: int = 0
    tail: list[tuple[float, float]] = field(default_factory=list)

    @property
    def xy(self) -> Floats:
        """(2,) position."""
        return self.state[:2]

    @property
    def velocity(self) -> Floats:
        """(2,) speed per frame."""
        return self.state[2:]

    def at_present(self) -> TrackState:
        """Its state in the latest frame."""
        (x, y, vx, vy), (x_std, y_std) = self.state, np.sqrt(np.diag(self.covariance)[:2])
        return TrackState(
            self.number,
            float(x),
            float(y),
            float(x_std),
            float(y_std),
            float(vx),
            float(vy),
            self.age - 1,
            self.missed == 0,
            self.dark,
        )


class Tracker:
    """Tracks the points of one sequence, frame by frame.

    Examples:
        >>> tracker = Tracker()
        >>> [tracker.update(np.array([[10.0 + 2 * k, 20.0]])).tolist() for k in range(4)]
        [[0], [0], [1], [1]]
    """

    def __init__(self, settings: TrackSettings | None = None, last_number: int = 0) -> None:
        self.settings = settings or TrackSettings()
        self.tracks: list[Track] = []
        self.last_number = last_number

    def update(
        self,
        xy: npt.NDArray[np.floating],
        dark: npt.NDArray[np.bool_] | None = None,
        covariance: npt.NDArray[np.floating] | None = None,
    ) -> npt.NDArray[np.intp]:
        """Process the points (N, 2) of the next frame.

        Args:
            xy: positions in frame pixels.
            dark: (N,) whether each point is dark; None if all are bright.
            covariance: (N, 2, 2) of the positions, px²; None if they were not measured, which
                takes ``noise`` of the settings.

        Returns:
            The track number of each point, int (N,); 0 for points of no confirmed track.
        """
        points = np.asarray(xy, np.float64).reshape(-1, 2)
        kinds = np.zeros(len(points), bool) if dark is None else np.asarray(dark, bool)
        noise = self._noise(len(points), covariance)
        for track in self.tracks:
            self._predict(track)
        numbers = np.zeros(len(points), np.intp)
        free = np.ones(len(points), bool)
        for stage in (True, False):
            waiting = [track for track in self.tracks if (track.number > 0) == stage]
            left = np.flatnonzero(free)
            for row, column in self._assign(waiting, points[left], noise[left], kinds[left]):
                index = left[column]
                self._correct(waiting[row], points[index], noise[index])
                numbers[index] = waiting[row].number
                free[index] = False
        self.tracks = [track for track in self.tracks if self._continues(track)]
        new = zip(points[free], noise[free], kinds[free], strict=True)
        self.tracks += [self._begin(*one) for one in new]
        if self.settings.confirm == 1:
            numbers[free] = [track.number for track in self.tracks[len(self.tracks) - free.sum() :]]
        return numbers

    def tails(self) -> Iterator[tuple[int, Floats]]:
        """Number and latest positions (n, 2) of every confirmed track, oldest first."""
        for track in self.tracks:
            if track.number:
                yield track.number, np.array(track.tail)

    def states(self) -> tuple[TrackState, ...]:
        """Every confirmed track as it is after the latest frame, in the order of their numbers."""
        confirmed = [track for track in self.tracks if track.number]
        return tuple(track.at_present() for track in sorted(confirmed, key=lambda one: one.number))

    def _noise(self, count: int, covariance: npt.NDArray[np.floating] | None) -> Floats:
        """(N, 2, 2) measurement noise of each point."""
        settings = self.settings
        if covariance is None:
            return np.tile(settings.noise**2 * np.eye(2), (count, 1, 1))
        given: Floats = np.asarray(covariance, np.float64).reshape(-1, 2, 2)
        return given + settings.jitter**2 * np.eye(2)

    def _begin(self, point: Floats, noise: Floats, dark: np.bool_) -> Track:
        covariance = self.settings.speed**2 * np.eye(4)
        covariance[:2, :2] = noise
        track = Track(np.array([*point, 0.0, 0.0]), covariance, bool(dark))
        self._confirm(track)
        return track

    def _predict(self, track: Track) -> None:
        push = self.settings.acceleration * _PUSH
        track.state = _STEP @ track.state
        track.covariance = _STEP @ track.covariance @ _STEP.T + push @ push.T
        track.detected = track.detected << 1 & (1 << self.settings.within) - 1
        track.age += 1
        track.missed += 1

    def _assign(
        self, tracks: list[Track], points: Floats, noise: Floats, dark: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[int, int]]:
        if not tracks or not len(points):
            return
        positions = np.array([track.xy for track in tracks])
        predicted = np.array([track.covariance[:2, :2] for track in tracks])
        squared, volume = _distances(
            points[None] - positions[:, None], predicted[:, None] + noise[None]
        )
        same = np.array([track.dark for track in tracks])[:, None] == dark[None]
        inside = same & (squared <= self.settings.gate**2)
        # Twice the negative log-likelihood; a pair outside the gate costs
        # more than all others together.
        cost = squared + np.log(volume)
        lowest = float(cost.min())
        outside = (float(cost[inside].max()) - lowest + 1) * (len(cost) + 1) if inside.any() else 1
        rows, columns = linear_sum_assignment(np.where(inside, cost - lowest, outside))
        yield from (
            (int(row), int(column))
            for row, column in zip(rows, columns, strict=True)
            if inside[row, column]
        )

    def _correct(self, track: Track, point: Floats, noise: Floats) -> None:
        towards = track.covariance[:, :2]
        gain = np.linalg.solve(towards[:2] + noise, towards.T).T
        track.state = track.state + gain @ (point - track.xy)
        covariance = track.covariance - gain @ towards.T
        track.covariance = (covariance + covariance.T) / 2  # rounding must not skew it
        track.detected |= 1
        track.missed = 0
        self._confirm(track)

    def _confirm(self, track: Track) -> None:
        if not track.number and track.detected.bit_count() >= self.settings.confirm:
            self.last_number += 1
            track.number = self.last_number
        track.tail = [*track.tail[1 - _TAIL :], (float(track.xy[0]), float(track.xy[1]))]

    def _continues(self, track: Track) -> bool:
        settings = self.settings
        if track.number:
            return track.missed <= settings.coast
        to_come = max(0, settings.within - track.age)
        return track.detected.bit_count() + to_come >= settings.confirm or (
            track.missed <= settings.within - settings.confirm
        )


def _distances(off: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Squared Mahalanobis lengths of vectors (…, 2), and the determinants of their covariances."""
    (xx, xy), (_, yy) = np.moveaxis(covariance, (-2, -1), (0, 1))
    x, y = np.moveaxis(off, -1, 0)
    determinant = xx * yy - xy**2
    return (yy * x**2 - 2 * xy * x * y + xx * y**2) / determinant, determinant
