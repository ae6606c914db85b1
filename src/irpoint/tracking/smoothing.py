"""Smoothed tracks: what later frames tell about earlier ones, for files.

Each track is followed back from its latest frame with a smoother (Rauch, Tung and Striebel, AIAA
Journal 3(8), 1965), to frames in which it was not yet certain. Results wait for two seconds of
frames, so that memory does not grow with the length of a file.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Sequence

import numpy as np

from irpoint.points import FrameResult, Points, TrackState
from irpoint.runtime.distinct import unmeasured
from irpoint.tracking.paths import Floats, predicted
from irpoint.tracking.search import Step
from irpoint.tracking.sequence import Seen, SequenceTracker

_LAG = 60  # frames that a result waits


@dataclasses.dataclass(frozen=True, eq=False)
class SmoothState:
    """A track in one frame, from frames before and after it.

    Attributes:
        number: of the track.
        place, place_var: (2,) pixels, and variance along each axis.
        speed: (2,) pixels per nominal frame.
        candidate: index of its candidate in the frame; -1 for none.
        age: frames since its first candidate.
        dark: whether the target is dark.
    """

    number: int
    place: Floats
    place_var: Floats
    speed: Floats
    candidate: int
    age: int
    dark: bool


def smooth(steps: Sequence[Step], acceleration: float) -> list[SmoothState]:
    """Every track in the first of ``steps``, from all of them.

    Args:
        steps: consecutive ones.
        acceleration: as of :class:`~irpoint.tracking.search.SearchSettings`.

    Returns:
        The tracks that began in the first step or before, and have a candidate in it or later.
    """
    states: dict[int, SmoothState] = {}
    for last in range(len(steps) - 1, -1, -1):
        paths = steps[last].paths
        ends = (paths.number > 0) & (paths.candidate >= 0)  # what comes after that is a guess
        for row in np.flatnonzero(ends):
            number = int(paths.number[row])
            if number not in states and (found := _followed(steps, last, int(row), acceleration)):
                states[number] = found
    return [states[number] for number in sorted(states)]


def _followed(
    steps: Sequence[Step], last: int, row: int, acceleration: float
) -> SmoothState | None:
    """The path that ends in ``row`` of step ``last``, smoothed back to the first step."""
    paths = steps[last].paths
    number, dark = int(paths.number[row]), bool(paths.dark[row])
    mean = np.stack([paths.place[row], paths.speed[row]], axis=1)  # (axis, place and speed)
    variance = paths.covariance(row)
    for index in range(last, 0, -1):
        step = steps[index]
        row = int(step.paths.parent[row])
        if row < 0:
            return None
        before = steps[index - 1].paths
        own = np.stack([before.place[row], before.speed[row]], axis=1)
        own_var = before.covariance(row)
        ahead, ahead_var, move = predicted(own, own_var, step.dt, step.shift, acceleration)
        ahead_var[:, 0, 0] += step.shift_var
        gain = own_var @ move.T @ np.linalg.inv(ahead_var)
        mean = own + (gain @ (mean - ahead)[:, :, None])[:, :, 0]
        variance = own_var + gain @ (variance - ahead_var) @ gain.transpose(0, 2, 1)
    first = steps[0].paths
    return SmoothState(
        number,
        mean[:, 0],
        np.maximum(variance[:, 0, 0], 1e-6),
        mean[:, 1],
        int(first.candidate[row]),
        int(first.age[row]),
        dark,
    )


class Smoother:
    """Gives the results of a sequence, smoothed, some frames later.

    Args:
        tracker: of the sequence.
    """

    def __init__(self, tracker: SequenceTracker) -> None:
        self._tracker = tracker
        # Results that wait; those of frames that told something have a step and their candidates.
        self._waiting: deque[tuple[FrameResult, Points | None]] = deque()
        self._open = 0

    def update(self, result: FrameResult, seen: Seen | None = None) -> list[FrameResult]:
        """Track the next frame; arguments as of the tracker. Returns the complete results."""
        search = self._tracker.search
        before = search.count
        tracked = self._tracker.update(result, seen)
        live = search.count > before
        self._waiting.append((tracked, self._tracker.shown if live else None))
        self._open += live
        done = []
        while self._open > _LAG:
            done += self._released()
        return done

    def finish(self) -> list[FrameResult]:
        """The rest of the results, at the end of the sequence."""
        done = []
        while self._waiting:
            done += self._released()
        return done

    def _released(self) -> list[FrameResult]:
        result, shown = self._waiting.popleft()
        if shown is None:
            return [result]
        search = self._tracker.search
        steps = list(search.steps)[-self._open :]
        self._open -= 1
        states = smooth(steps, search.settings.acceleration)
        return [_smoothed(result, shown, states, steps[0].dt)]


def _smoothed(
    result: FrameResult, shown: Points, states: list[SmoothState], dt: float
) -> FrameResult:
    """The result with a point of each track, at its smoothed place."""
    parts = [_point(shown, state) for state in states]
    chances = {state.number: state.probability for state in result.tracks}
    tracks = [_state(state, dt, chances.get(state.number)) for state in states]
    return dataclasses.replace(
        result,
        points=Points.joined(parts) if parts else result.points[np.zeros(0, np.intp)],
        track_ids=tuple(state.number for state in states),
        tracks=tuple(tracks),
    )


def _state(state: SmoothState, dt: float, probability: float | None) -> TrackState:
    (x, y), (vx, vy) = state.place.tolist(), (dt * state.speed).tolist()
    x_std, y_std = np.sqrt(state.place_var).tolist()
    return TrackState(
        state.number,
        x,
        y,
        x_std,
        y_std,
        vx,
        vy,
        state.age,
        state.candidate >= 0,
        state.dark,
        probability,
    )


def _point(shown: Points, state: SmoothState) -> Points:
    """The track's point of the frame, or one with a score of 0, at the smoothed place."""
    xy = state.place[None].astype(np.float32)
    x_std, y_std = np.sqrt(state.place_var).tolist()
    if state.candidate >= 0:
        point = shown[np.array([state.candidate])]
    else:
        point = Points(xy, np.zeros(1, np.float32), np.array([state.dark]))
        if shown.measured is not None:
            point = unmeasured(point, x_std)
    measured = point.measured
    if measured is not None:
        std = {"x_std": np.array([x_std]), "y_std": np.array([y_std])}
        measured = dataclasses.replace(measured, **std, xy_cov=np.zeros(1))
    return dataclasses.replace(point, xy=xy, measured=measured)
