"""Track before detect: weak candidates along possible paths, until a target is certain.

Every candidate may begin a path, and may continue each path whose prediction it fits. The paths are
Kalman filters (:mod:`irpoint.tracking.paths`) that add up evidence
(:mod:`irpoint.tracking.evidence`) relative to the clutter of this stream
(:mod:`irpoint.tracking.clutter`). One that is certain enough becomes a track, with a number.
Confirmed tracks choose their candidates first, so that the sum of their likelihoods is largest.
"""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from scipy.optimize import linear_sum_assignment

from irpoint.tracking import evidence
from irpoint.tracking.candidates import Candidates, Densities
from irpoint.tracking.clutter import StaticMap, log_gauss
from irpoint.tracking.motion import Motion
from irpoint.tracking.near import is_near, near_pairs, pairs_within
from irpoint.tracking.paths import Floats, Indices, Paths, begin
from irpoint.tracking.repeats import Repeats

NOMINAL_S = 1 / 30  # of a frame, in which speeds count


class SearchSettings(BaseModel):
    """What counts as certain, and how targets move."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    false_tracks_per_hour: float = Field(
        10.0, gt=0, le=1e6, description="false tracks that are allowed per hour of video"
    )
    smooth: bool = Field(
        False, description="also the frames before a track was certain; places from both sides"
    )
    speed: float = Field(
        2.5, gt=0, description="standard deviation of a target's speed, px per 1/30 s"
    )
    acceleration: float = Field(
        0.12, gt=0, description="standard deviation of its change in 1/30 s"
    )
    jitter: float = Field(
        0.25, ge=0, description="standard deviation of places beyond their uncertainty, px"
    )


@dataclass(frozen=True, eq=False)
class Step:
    """What is remembered of one frame.

    Attributes:
        paths: all paths after the frame.
        dt, shift, shift_var: as the paths were predicted with.
    """

    paths: Paths
    dt: float
    shift: Floats
    shift_var: Floats


_REMEMBERED = 90  # frames
HELD = -1  # number of a path that is certain, but may stand still
_STRUCTURED = 4.0  # LLR by which more is asked where clutter is structured, beyond what is modelled
_HITS = 3  # candidates without which nothing is certain
_LONG = 15  # frames after which a held path is a still thing
_STILL_PRIOR, _STILL_FRAMES = 0.5, 300.0  # still things in so many frames, before any is counted
_MOST_BOUND = 12.0
_CLOUD_DRIFT = 0.02  # px² in a nominal frame: the edges of clouds move and change their shape
_STILL = -5.0  # LLR of motion that no longer falls: a target may hover for as long as it likes
_TRUST = 1.5  # log-odds of the card count so many times against clutter that stands still
_GATE = 3.5  # deviations between a path and a candidate
_CHILDREN = 2  # paths that may end in one candidate
_MOST = 400  # paths that are not confirmed
_LASTING = 2.0  # LLR that each of the first further candidates counts for, when there are more
_GIVEN_UP = -1.5  # LLR below which a new beginning is better
_SURE = 8.0  # the LLR of a track is not raised further above that which confirms it
_LOST = -10.0  # LLR, relative to that which confirms a track, at which it ends
_HELD_SURE, _HELD_LOST = 1.0, -5.0  # the same for held paths
_LOST_PX = 12.0  # deviation of its place at which a track ends
_OUTSIDE_PX = 4.0  # beyond the edge of the frame
_SAME_PX = 5.0  # a path this close to a track is of the same target
_MERGED_PX = 6.0  # targets this close may look like one
_FREE_PX = 4.0  # around a candidate of a track, no other candidate is free


class Search:
    """Finds the tracks of one sequence, frame by frame.

    Args:
        shape: (height, width) of the frames in pixels.
        settings: see :class:`SearchSettings`; may be replaced between frames.
        last_number: number of the latest track before this sequence.

    Attributes:
        settings, shape, last_number: see above.
        steps: what is remembered of the latest frames.
        count: number of frames so far.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        settings: SearchSettings | None = None,
        last_number: int = 0,
    ) -> None:
        self.settings = settings or SearchSettings()
        self.shape = shape
        self.steps: deque[Step] = deque(maxlen=_REMEMBERED)
        self.count = 0
        self._paths: Paths | None = None
        self._scene, self._sensor = StaticMap(shape), StaticMap(shape)
        self._repeats = Repeats(shape)
        self.last_number = last_number
        self._frames, self._still, self._held = 0, 0, 0

    @property
    def still_things(self) -> int:
        """Number of things so far that stand still in the scene or in the frame."""
        return self._still

    @property
    def paths(self) -> Paths | None:
        """All paths after the latest frame; None before the first."""
        return self._paths

    @property
    def places(self) -> Floats:
        """(n, 2) places of the confirmed tracks after the latest frame."""
        if self._paths is None:
            return np.empty((0, 2))
        return np.asarray(self._paths.place[self._paths.number > 0])

    def threshold(self, dt: float) -> float:
        """The LLR that confirms a track."""
        rate, more = self.settings.false_tracks_per_hour, _STRUCTURED * self._repeats.structure
        return more + evidence.threshold(self.shape, dt * NOMINAL_S, rate)

    def update(
        self,
        candidates: Candidates,
        floor: Callable[[Floats], Floats],
        dt: float,
        motion: Motion | None,
    ) -> Indices:
        """Process the candidates of the next frame.

        Args:
            candidates: of the frame.
            floor: z from which a candidate at places (N, 2) would be seen.
            dt: nominal frames since the frame before, > 0.
            motion: shift of the image's content since then.

        Returns:
            The track number of each candidate, (N,); 0 for candidates of no confirmed track.
        """
        shift = np.zeros(2) if motion is None else np.array([motion.x, motion.y])
        variance = np.zeros(2) if motion is None else np.array([motion.x_std, motion.y_std]) ** 2
        self._repeats.move(shift)
        densities = self._densities(candidates)
        numbers = np.zeros(len(candidates), np.intp)
        parts: list[Paths] = []
        free = np.ones(len(candidates), bool)
        if self._paths is not None and len(self._paths):
            paths = self._predicted(self._paths, dt, shift, variance)
            misses = evidence.of_miss(floor(paths.place))
            confirmed = paths.number != 0
            tracks = paths[confirmed]
            followed, used = self._follow(tracks, misses[confirmed], candidates, densities)
            numbers[used[used >= 0]] = tracks.number[used >= 0]
            free = _free(candidates.xy, numbers)
            grown = self._grow(paths[~confirmed], misses[~confirmed], candidates, densities, free)
            parts += [followed, grown]
        new = np.flatnonzero(free)
        births = begin(
            candidates.xy[new],
            candidates.variance[new],
            densities.target[new] - densities.clutter[new, None],
            self.settings.speed,
            candidates.odds[new],
            candidates.dark[new],
        )
        births.candidate = new
        paths = Paths.joined([*parts, births])
        paths = self._chosen(paths, dt)
        paths = paths[self._confirm(paths, dt)]
        hit = (paths.number != 0) & (paths.candidate >= 0)
        numbers[paths.candidate[hit]] = paths.number[hit]
        self._learn(candidates, np.maximum(numbers, 0), shift)
        self._paths = paths
        self.count += 1
        self.steps.append(Step(paths, dt, shift, variance))
        return np.maximum(numbers, 0)

    def _predicted(self, before: Paths, dt: float, shift: Floats, variance: Floats) -> Paths:
        """The paths before their candidates in the next frame."""
        paths = before.copy()  # those of the step before stay as they are
        paths.predict(dt, shift, variance, self.settings.acceleration)
        paths.still[:, 0] += self._repeats.drift(paths.place)[0]
        drifting = self._repeats.drifting(paths.place)
        paths.still_var[:, 0] += dt * _CLOUD_DRIFT * drifting[:, None]
        paths.sums = evidence.mixed(paths.sums)
        return paths

    def _densities(self, candidates: Candidates) -> Densities:
        shares = [where.share(candidates.xy) for where in (self._scene, self._sensor)]
        (share, mean), (other, other_mean) = shares
        worse = other > share
        share, mean = np.where(worse, other, share), np.where(worse, other_mean, mean)
        trust = _TRUST * np.maximum(candidates.odds, 0.0)
        share = np.minimum(share, 1.0) * np.exp(-trust)
        again = self._repeats.expected(candidates.xy, candidates.z, candidates.variance) - trust
        clutter = evidence.of_clutter(candidates.z, share, mean, again)
        return Densities(evidence.of_target(candidates.z), clutter)

    def _learn(self, candidates: Candidates, numbers: Indices, shift: Floats) -> None:
        kept = _free(candidates.xy, numbers)
        xy, z = candidates.xy[kept], candidates.z[kept]
        self._scene.learn(xy, z, (float(shift[0]), float(shift[1])))
        self._sensor.learn(xy, z, (0.0, 0.0))
        self._repeats.learn(xy, z, candidates.variance[kept], candidates.alone[kept])

    def _follow(
        self, tracks: Paths, misses: Floats, candidates: Candidates, densities: Densities
    ) -> tuple[Paths, Indices]:
        """Confirmed tracks with their candidates, and the indices of these, (N,); -1 for none.

        Of two targets that cross, only one is seen for a while, somewhere between them.
        """
        used = np.full(len(tracks), -1)
        one, other = pairs_within(tracks.place, _MERGED_PX)
        misses[one] = np.maximum(misses[one], 0.0)
        if len(tracks) and len(candidates):
            rows, columns = self._pairs(tracks, candidates, np.ones(len(candidates), bool))
            llr, _ = self._llr(tracks[rows], candidates, densities, columns)
            gain = np.full((len(tracks), len(candidates)), -1e6)
            without = evidence.total(tracks.sums[rows] + misses[rows])
            gain[rows, columns] = evidence.total(tracks.sums[rows] + llr) - without
            # Each track may also choose to miss, which gains nothing.
            padded = np.concatenate([gain, np.zeros((len(tracks), len(tracks)))], axis=1)
            row, column = linear_sum_assignment(-padded)
            real = column < len(candidates)
            used[row[real]] = column[real]
        found = used >= 0
        hit, missed = tracks[found], tracks[~found]
        shared = found[one] & ~found[other]
        apart = np.abs(tracks.place[one] - tracks.place[other])[shared].max(axis=1, initial=0.0)
        variance = candidates.variance.copy()
        np.add.at(variance, used[one[shared]], (apart / 2) ** 2)
        seen = dataclasses.replace(candidates, variance=variance)
        hit = self._continued(hit, seen, densities, used[found])
        missed.sums = missed.sums + misses[~found]
        return Paths.joined([hit, missed]), used

    def _grow(
        self,
        paths: Paths,
        misses: Floats,
        candidates: Candidates,
        densities: Densities,
        free: npt.NDArray[np.bool_],
    ) -> Paths:
        """Paths that are not confirmed, with every candidate that fits, and without one."""
        rows, columns = self._pairs(paths, candidates, free)
        children = self._continued(paths[rows], candidates, densities, columns)
        order = np.lexsort((-evidence.total(children.sums), columns))
        ranks = _rank(columns[order])
        children = children[order[ranks < _CHILDREN]]
        missed = paths.copy()
        missed.sums = missed.sums + misses
        return Paths.joined([children, missed])

    def _pairs(
        self, paths: Paths, candidates: Candidates, free: npt.NDArray[np.bool_]
    ) -> tuple[Indices, Indices]:
        """Rows of paths and candidates that fit."""
        reach = _GATE * np.sqrt(paths.pp.max(axis=1, initial=0.0) + 1.0)
        rows, columns = near_pairs(paths.place, candidates.xy, reach)
        fits = (paths.dark[rows] == candidates.dark[columns]) & free[columns]
        rows, columns = rows[fits], columns[fits]
        variance = self._innovation(paths.pp[rows], candidates.variance[columns])
        off = candidates.xy[columns] - paths.place[rows]
        inside = (off**2 / variance).sum(axis=1) <= _GATE**2
        return rows[inside], columns[inside]

    def _innovation(self, pp: Floats, variance: Floats) -> Floats:
        return pp + variance[:, None] + self.settings.jitter**2

    def _llr(
        self, paths: Paths, candidates: Candidates, densities: Densities, index: Indices
    ) -> tuple[Floats, Floats]:
        """LLR (N, K) of one candidate for each path, and the spatial part (N,) of a target's."""
        noise = self._innovation(paths.pp, candidates.variance[index])
        squared = ((candidates.xy[index] - paths.place) ** 2 / noise).sum(axis=1)
        spatial = log_gauss(squared, noise.prod(axis=1))
        gain = (spatial - densities.clutter[index])[:, None]
        return densities.target[index] + gain, spatial

    def _continued(
        self, paths: Paths, candidates: Candidates, densities: Densities, index: Indices
    ) -> Paths:
        llr, spatial = self._llr(paths, candidates, densities, index)
        paths.sums = paths.sums + llr
        xy, whole = candidates.xy[index], candidates.variance[index] + self.settings.jitter**2
        still = paths.still_var + whole[:, None, None]
        off = ((xy[:, None] - paths.still) ** 2 / still).sum(axis=2)
        paths.moving = paths.moving + (spatial[:, None] - log_gauss(off, still.prod(axis=2)))
        paths.odds = paths.odds + candidates.odds[index]
        paths.correct(xy, whole)
        paths.candidate = index
        return paths

    def _chosen(self, paths: Paths, dt: float) -> Paths:
        """The paths that go on."""
        llr, bound = evidence.total(paths.sums), self.threshold(dt)
        tracks = paths.number != 0
        status = tracks + (paths.number > 0)
        height, width = self.shape
        limit = np.array([width, height]) - 0.5 + _OUTSIDE_PX
        inside = ((paths.place >= -0.5 - _OUTSIDE_PX) & (paths.place <= limit)).all(axis=1)
        sharp = paths.pp.max(axis=1, initial=0.0) <= _LOST_PX**2
        lowest = np.choose(status, (_GIVEN_UP, bound + _HELD_LOST, bound + _LOST))
        kept = inside & sharp & (llr > lowest)
        highest = np.choose(status, (np.inf, bound + _HELD_SURE, bound + _SURE))
        over = np.maximum(llr - highest, 0)
        paths.sums = paths.sums - over[:, None]
        weak = np.flatnonzero(kept & ~tracks)
        if len(weak) > _MOST:
            # Most that begin are noise and soon end, but look better than what clutter may explain.
            lasting = _LASTING * (np.minimum(paths.hits[weak], 4) - 1)
            order = np.argsort(-llr[weak] - lasting, kind="stable")
            kept[weak[order[_MOST:]]] = False
        return paths[kept]

    def _still_bound(self, paths: Paths, dt: float) -> float:
        """The LLR against standing still that confirms a track.

        Under standing still, it exceeds B with a probability of at most exp(−B), so that B follows
        from the number of still things per hour. Those of this stream are counted.
        """
        self._frames += 1
        still = int(((paths.number == HELD) & (paths.age > _LONG)).sum())
        self._still += (still - self._held) if still > self._held else 0
        self._held = still
        per_frame = (self._still + _STILL_PRIOR) / (self._frames + _STILL_FRAMES)
        per_hour = per_frame * 3600 / (dt * NOMINAL_S)
        return min(max(math.log(per_hour / self.settings.false_tracks_per_hour), 0.0), _MOST_BOUND)

    def _confirm(self, paths: Paths, dt: float) -> Indices:
        """Number the paths that are certain. Returns the rows that remain, without their doubles.

        One that is certain, but may stand still as a lamp or a hot pixel does, is held: it takes
        its candidates as a track does, until it has moved.
        """
        llr, bound = evidence.total(paths.sums), self.threshold(dt)
        bright = np.maximum(paths.odds / np.maximum(paths.hits, 1), 0)
        moving = np.maximum(paths.moving.min(axis=1), _STILL)
        moves = moving + 3 * bright >= self._still_bound(paths, dt)
        sure = (llr >= bound) & (paths.candidate >= 0) & (paths.hits >= _HITS)
        keep = np.ones(len(paths), bool)
        places = [paths.place[row] for row in np.flatnonzero(paths.number)]
        new = np.flatnonzero(sure & (paths.number == 0))
        for row in new[np.lexsort((-llr[new], ~moves[new]))]:
            if any(np.abs(paths.place[row] - other).max() < _SAME_PX for other in places):
                keep[row] = False
                continue
            paths.number[row] = HELD
            places.append(paths.place[row])
        for row in np.flatnonzero(sure & moves & (paths.number == HELD)):
            self.last_number += 1
            if paths.age[row] > _LONG and self._still:
                self._still -= 1  # it was counted as a still thing
            paths.number[row] = self.last_number
        if places:
            keep &= (paths.number != 0) | ~is_near(paths.place, np.array(places), _SAME_PX)
        return np.flatnonzero(keep)


def _free(xy: Floats, numbers: Indices) -> npt.NDArray[np.bool_]:
    """Candidates (N,) that are of no track, nor beside one that is."""
    free = numbers == 0
    return np.asarray(free & ~is_near(xy, xy[~free], _FREE_PX))


def _rank(ordered: Indices) -> Indices:
    """Position of each value within its run of equal values."""
    if not len(ordered):
        return np.zeros(0, np.intp)
    starts = np.flatnonzero(np.r_[True, np.diff(ordered) != 0])
    return np.arange(len(ordered)) - np.repeat(starts, np.diff(np.r_[starts, len(ordered)]))
