"""One sequence, frame by frame: from what was detected to points with track numbers.

The story of track before detect: does the frame tell anything new (:mod:`.stillness`)? How did the
camera move (:mod:`.motion`)? Which specks do the frames before it reveal (:mod:`.specks`)? How rare
is clutter that is as strong as each candidate (:mod:`.observe`)? Which paths do the candidates fit,
and is one of them certain (:mod:`.search`)?
"""

from __future__ import annotations

import dataclasses
from collections import deque

import numpy as np

from irpoint.points import FrameResult, Points, TrackState
from irpoint.runtime.distinct import unmeasured
from irpoint.runtime.region import Region
from irpoint.tracking import evidence
from irpoint.tracking.camera_motion import CameraMotion
from irpoint.tracking.candidates import Candidates
from irpoint.tracking.motion import Motion, View, estimate, view
from irpoint.tracking.observe import SPECK_STD, Observer
from irpoint.tracking.paths import Paths
from irpoint.tracking.search import NOMINAL_S, Search, SearchSettings
from irpoint.tracking.specks import SpeckFinder, Specks
from irpoint.tracking.stillness import Stillness, StillnessTest
from irpoint.zoo import ModelCard

LOWEST_SCORE = 0.01
"""Score from which the network's points are candidates of a track."""

_TAIL = 30  # positions of a track that are kept for drawing
_SHORTEST, _LONGEST = 0.1, 3000.0  # nominal frames between two frames: 3 ms and 100 s


@dataclasses.dataclass(frozen=True)
class Seen:
    """What the pixels of a frame tell.

    Attributes:
        kind: whether it is new.
        motion: shift of its content against the latest new frame; None if it is not known.
        specks: its specks; None without pixels.
    """

    kind: Stillness
    motion: Motion | None
    specks: Specks | None


class SequenceTracker:
    """Tracks one sequence of frames of one size.

    Args:
        shape: (height, width) of the frames in pixels.
        settings: see :class:`SearchSettings`.
        card: of the model that gave the points; None if it is not known.
        polarities: for each polarity that is looked for, whether it is dark.
        region: region of interest, outside of which there are no specks.
        last_number: number of the latest track before this sequence.

    Attributes:
        settings, region: of the next frame; may be replaced between frames.
        search: the search over this sequence.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        settings: SearchSettings | None = None,
        card: ModelCard | None = None,
        polarities: tuple[bool, ...] = (False,),
        region: Region | None = None,
        last_number: int = 0,
    ) -> None:
        self.settings = settings or SearchSettings()
        self.search = Search(shape, self.settings, last_number)
        self._shown: tuple[Points, Candidates] | None = None
        self._observer = Observer(shape, card, LOWEST_SCORE)
        self.region = region or Region()
        self._finder = SpeckFinder(polarities)
        self._stillness = StillnessTest()
        self._camera = CameraMotion()
        self._view: View | None = None
        self._time: float | None = None  # of the latest frame that told something
        self._pause: int | None = None  # frames since then; None before the first
        self._tails: dict[int, deque[tuple[float, float]]] = {}

    @property
    def shown(self) -> Points:
        """The candidates of the latest frame that told something, as points."""
        return Points.empty() if self._shown is None else as_points(*self._shown)

    def look(self, result: FrameResult) -> Seen:
        """What the pixels of the next frame tell. Frames are looked at in order, each once."""
        targets = result.points.xy.astype(np.float64)
        now = None if result.pixels is None else view(result.pixels, targets)
        kind: Stillness = "live" if now is None else self._stillness(now)
        if result.status not in ("ok", "small"):  # small frames are new ones all the same
            kind = "shutter"
        if kind != "live":
            return Seen(kind, None, None)
        told = None if self._view is None or now is None else estimate(self._view, now)
        motion = self._camera(told)
        self._view = now
        return Seen(kind, motion, self._specks(result, _shift(motion)))

    def update(self, result: FrameResult, seen: Seen | None = None) -> FrameResult:
        """The result of the next frame, with the points of confirmed tracks alone.

        Args:
            result: of the frame.
            seen: as :meth:`look` gives it, if the frame was looked at before.
        """
        seen = self.look(result) if seen is None else seen
        if seen.kind != "live":
            return self._waiting(result, repeated=seen.kind == "repeated")
        motion = seen.motion
        dt = self._elapsed(result.time_s)
        points, shift = _joined(result.points, result.weak), _shift(motion)
        candidates = self._observer.candidates(points, seen.specks)
        self.search.settings = self.settings
        numbers = self.search.update(candidates, self._observer.floor, dt, motion)
        self._observer.learn(self.search.places, shift)
        self._draw_tails(shift)
        self._shown = points, candidates
        chosen = np.flatnonzero(numbers)
        own = chosen[chosen < len(points)]
        return dataclasses.replace(
            result,
            points=as_points(points[own], candidates[chosen]),
            weak=Points.empty(),
            track_ids=tuple(numbers[chosen].tolist()),
            tails={number: np.array(tail) for number, tail in self._tails.items()},
            tracks=self._states(dt),
            motion=None if motion is None else shift,
        )

    def _specks(self, result: FrameResult, shift: tuple[float, float]) -> Specks | None:
        if result.pixels is None:
            return None
        found = self._finder(result.pixels, shift, result.points.xy.astype(np.float64))
        places = Points.labels(found.xy)
        # A point's score is its index, to know which of them the region keeps.
        indexed = Points(places.xy, np.arange(len(places), dtype=np.float32))
        return found[self.region.select(indexed, result.shape).score.astype(np.intp)]

    def _elapsed(self, time_s: float | None) -> float:
        """Nominal frames since the latest frame that told something."""
        before, pause = self._time, self._pause
        self._time, self._pause = time_s, 0
        if pause is None:
            return 1.0
        if before is None or time_s is None or time_s <= before:
            return 1.0 + pause
        return min(max((time_s - before) / NOMINAL_S, _SHORTEST), _LONGEST)

    def _waiting(self, result: FrameResult, *, repeated: bool) -> FrameResult:
        """The result of a frame that tells nothing new: the tracks wait for the next one."""
        if self._pause is not None:
            self._pause += 1
        states = [dataclasses.replace(state, detected=False) for state in self._states(1.0)]
        return dataclasses.replace(
            result,
            points=result.points[np.zeros(0, np.intp)],
            weak=Points.empty(),
            track_ids=(),
            tails={number: np.array(tail) for number, tail in self._tails.items()},
            tracks=tuple(states),
            motion=(0.0, 0.0) if repeated else None,
        )

    def _states(self, dt: float) -> tuple[TrackState, ...]:
        """The confirmed tracks after the latest frame, which came ``dt`` nominal frames later."""
        paths = self.search.paths
        if paths is None:
            return ()
        odds = evidence.total(paths.sums) + evidence.log_prior(self.search.shape, dt * NOMINAL_S)
        rows = np.flatnonzero(paths.number > 0)
        rows = rows[np.argsort(paths.number[rows])]
        return tuple(_state(paths, int(row), dt, float(odds[row])) for row in rows)

    def _draw_tails(self, shift: tuple[float, float]) -> None:
        """Add the latest places; earlier ones move along with the image's content."""
        paths = self.search.paths
        assert paths is not None
        tails: dict[int, deque[tuple[float, float]]] = {}
        for row in np.flatnonzero(paths.number > 0):
            number, (x, y) = int(paths.number[row]), paths.place[row].tolist()
            moved = [(a + shift[0], b + shift[1]) for a, b in self._tails.get(number, ())]
            tails[number] = deque([*moved, (x, y)], maxlen=_TAIL)
        self._tails = tails


def as_points(points: Points, candidates: Candidates) -> Points:
    """All candidates as points, in their order. Those that only specks show have a score of 0.

    Args:
        points: the first of the candidates.
        candidates: of the same frame.
    """
    weak = candidates.xy[: len(points)].astype(np.float32)
    measured = points.measured
    if measured is not None:
        good = measured.x_std**2 + measured.y_std**2 < 2 * SPECK_STD**2
        weak = np.where(good[:, None], points.xy, weak)
    found = dataclasses.replace(points, xy=weak)
    rest = slice(len(points), None)
    none = np.zeros(len(candidates) - len(points), np.float32)
    specks = Points(candidates.xy[rest].astype(np.float32), none, candidates.dark[rest])
    if measured is not None or not len(points):
        specks = unmeasured(specks, SPECK_STD)
    return Points.joined([found, specks]) if len(points) else specks


def _state(paths: Paths, row: int, dt: float, log_odds: float) -> TrackState:
    (x, y), (vx, vy) = paths.place[row].tolist(), (dt * paths.speed[row]).tolist()
    x_std, y_std = np.sqrt(paths.pp[row]).tolist()
    return TrackState(
        int(paths.number[row]),
        x,
        y,
        x_std,
        y_std,
        vx,
        vy,
        int(paths.age[row]),
        bool(paths.missed[row] == 0),
        bool(paths.dark[row]),
        float(1 / (1 + np.exp(-log_odds))),
    )


def _joined(points: Points, weak: Points) -> Points:
    """Points and weak ones together; those of a frame are all measured, or none."""
    if not len(weak):
        return points
    return Points.joined([points, weak]) if len(points) else weak


def _shift(motion: Motion | None) -> tuple[float, float]:
    return (0.0, 0.0) if motion is None else (motion.x, motion.y)
