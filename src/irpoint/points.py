"""The records that all rooms share: :class:`Points`, :class:`TrackState`, :class:`FrameResult`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Self, get_args

import numpy as np
import numpy.typing as npt

from irpoint.angles import Angles
from irpoint.measurement import Measurement

FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Points:
    """Point targets of one frame.

    Attributes:
        xy: float32 (N, 2), frame pixels, x right and y down; the top-left pixel's centre is (0, 0).
        score: float32 (N,), score of the detector; 1 for labels.
        dark: bool (N,), whether the target is darker than its surroundings; False if not given.
        measured: uncertainty, signal and width of each point; None if the points were not measured.

    Raises:
        ValueError: if the lengths differ or a value is not finite.
    """

    xy: FloatArray
    score: FloatArray
    dark: BoolArray = None  # type: ignore[assignment]  # an array as soon as it is constructed
    measured: Measurement | None = None

    def __post_init__(self) -> None:
        xy = np.asarray(self.xy, dtype=np.float32).reshape(-1, 2)
        score = np.asarray(self.score, dtype=np.float32).reshape(-1)
        given: Any = self.dark  # which may be None here
        dark = np.zeros(len(xy), bool) if given is None else np.asarray(given, bool).reshape(-1)
        if len(xy) != len(score):
            raise ValueError(f"{len(xy)} positions but {len(score)} scores")
        if len(xy) != len(dark):
            raise ValueError(f"{len(xy)} positions but {len(dark)} polarities")
        if self.measured is not None and len(xy) != len(self.measured):
            raise ValueError(f"{len(xy)} positions but {len(self.measured)} measured points")
        if not (np.isfinite(xy).all() and np.isfinite(score).all()):
            raise ValueError("positions and scores must be finite")
        object.__setattr__(self, "xy", xy)
        object.__setattr__(self, "score", score)
        object.__setattr__(self, "dark", dark)

    @classmethod
    def empty(cls) -> Points:
        """No points."""
        return cls(np.empty((0, 2), np.float32), np.empty(0, np.float32))

    @classmethod
    def labels(cls, xy: npt.ArrayLike) -> Points:
        """Labels at ``xy`` (N, 2), with a score of 1 each."""
        array = np.asarray(xy, dtype=np.float32).reshape(-1, 2)
        return cls(array, np.ones(len(array), np.float32))

    def __len__(self) -> int:
        return len(self.xy)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Points):
            return NotImplemented
        return self.measured == other.measured and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in ("xy", "score", "dark")
        )

    def __getitem__(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice) -> Points:
        """The points that a mask, an index array or a slice selects."""
        measured = None if self.measured is None else self.measured[index]
        return Points(self.xy[index], self.score[index], self.dark[index], measured)

    @classmethod
    def joined(cls, parts: Sequence[Points]) -> Points:
        """The points of all ``parts``; measured if all are."""
        if not parts:
            return cls.empty()
        measured = [part.measured for part in parts if part.measured is not None]
        return cls(
            np.concatenate([part.xy for part in parts]),
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.dark for part in parts]),
            Measurement.joined(measured) if len(measured) == len(parts) else None,
        )

    def above(self, threshold: float) -> Points:
        """The points that score at least ``threshold``."""
        return self[self.score >= threshold]


Status = Literal["ok", "blank", "flat", "saturated", "interlaced", "small"]
"""Whether targets can be found in a frame, see :data:`STATUS_REASONS`."""
STATUSES: tuple[Status, ...] = get_args(Status)
STATUS_REASONS: dict[Status, str] = {
    "blank": "all pixels have one value, or none shows a scene",
    "flat": "the contrast is below the noise of rounding",
    "saturated": "half of the pixels or more are at full scale",
    "interlaced": "every second row or column is empty, as if one of two fields is missing",
    "small": "a side has fewer than 8 pixels",
}
"""Why nothing can be found in a frame whose status is not ``ok``."""


class Instant(NamedTuple):
    """A moment on two clocks of this machine.

    Attributes:
        utc_s: seconds since 1970-01-01 00:00 UTC; jumps if the clock is set.
        monotonic_s: seconds of a clock that never jumps, from an arbitrary start.
    """

    utc_s: float
    monotonic_s: float

    @classmethod
    def now(cls) -> Self:
        """The present moment."""
        return cls(time.time(), time.monotonic())


@dataclass(frozen=True)
class TrackState:
    """A confirmed track in one frame, whether or not a point of the frame belongs to it.

    Attributes:
        number: of the track in its sequence, from 1.
        x, y: filtered place in frame pixels.
        x_std, y_std: standard deviations of the place in pixels; None if the tracker has none.
        vx, vy: speed in the frame, in pixels per frame.
        age: number of frames since its first detection.
        detected: whether a point of this frame belongs to it; if not, it coasts.
        dark: whether the target is darker than its surroundings.
        probability: that it is a target, 0..1; None if the tracker does not judge.
    """

    number: int
    x: float
    y: float
    x_std: float | None
    y_std: float | None
    vx: float
    vy: float
    age: int
    detected: bool
    dark: bool
    probability: float | None = None


@dataclass(frozen=True)
class FrameResult:
    """The result of one frame of a source.

    Attributes:
        source: the file or stream that the frame comes from.
        index: number of the frame in its source, from 0.
        time_s: time of the frame in its source in seconds; None if the source has no clock.
        shape: (height, width) of the frame in pixels.
        points: the detections, in frame pixels.
        weak: points below the threshold, for a tracker that adds up evidence; empty if they were
            not asked for.
        track_ids: one track number per point; None without tracking.
        tails: the latest positions, float64 (n, 2), of each track, by track number.
        tracks: the state of every confirmed track, in the order of their numbers, those that coast
            included; empty without tracking.
        motion: shift (x, y) of the image's content against the frame before, in pixels, which the
            camera's motion causes; None if it was not estimated.
        status: ``ok``, or why no point means nothing.
        angles: the direction of each point; None without a camera.
        track_angles: the direction of each of ``tracks``, those that coast included; None without a
            camera.
        received: when the frame was read from its source; None if it is not known.
        pixels: the frame itself, (H, W) in the source's data type; None if it was not kept.
    """

    source: str
    index: int
    time_s: float | None
    shape: tuple[int, int]
    points: Points
    track_ids: Sequence[int] | None = None
    tails: Mapping[int, npt.NDArray[np.float64]] = field(default_factory=dict, compare=False)
    tracks: tuple[TrackState, ...] = ()
    motion: tuple[float, float] | None = None
    status: Status = "ok"
    angles: Angles | None = None
    track_angles: Angles | None = None
    weak: Points = field(default_factory=Points.empty, compare=False, repr=False)
    received: Instant | None = field(default=None, compare=False)
    pixels: npt.NDArray[Any] | None = field(default=None, compare=False, repr=False)

    def without_pixels(self) -> FrameResult:
        """The same result without the frame and the tails, small enough to keep."""
        return replace(self, pixels=None, tails={})
