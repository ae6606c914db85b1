"""A frame with its points, seen from each point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.measuring.full_scale import at_full_scale
from irpoint.measuring.neighbours import Neighbours, near_any
from irpoint.measuring.noise import Surroundings, measure_surroundings, reach
from irpoint.measuring.spikes import find_spikes
from irpoint.measuring.windows import BoolArray, FloatArray, Windows, gather, middle, nearest_pixel
from irpoint.points import Points
from irpoint.psf import gaussian_profiles

_COVERED = 3  # px around a point that its target may brighten
TOGETHER = 6.0  # px, distance within which two targets are fitted together
_PARTNERS = 3  # the most that are fitted together with a point
_NEIGHBOURS = 6  # the most that are looked at
_REACH = 25.0  # px, the farthest that matter


@dataclass(frozen=True, eq=False)
class View:
    """What is around N points.

    Attributes:
        windows: windows around the points.
        around: noise and background.
        good: bool (N, S, S), pixels that may be used.
        spikes: bool (N, S, S), hot and dead pixels, which are not good.
        floor: (N, S, S) least value of saturated pixels, −inf elsewhere; None if there are none.
    """

    windows: Windows
    around: Surroundings
    good: BoolArray
    spikes: BoolArray
    floor: FloatArray | None

    def visible(self, xy: FloatArray, width: FloatArray) -> FloatArray:
        """(N,) share of the flux of targets on pixels that show the scene, within the window."""
        place = xy - self.windows.centre
        if self.windows.valid.all():
            return np.ones(len(xy))
        across, down = (gaussian_profiles(p, width, self.windows.half)[0] for p in place.T)
        hidden = np.einsum("nj,nji,ni->n", down, ~self.windows.valid, across)
        return np.asarray(1.0 - hidden)

    def saturated(self, xy: FloatArray) -> BoolArray:
        """bool (N,), whether a pixel within 2 px of the target along both axes is saturated."""
        if self.floor is None:
            return np.zeros(len(xy), bool)
        at = nearest_pixel(xy) - self.windows.centre
        limit = self.windows.half - 2
        near = middle(self.floor, 2, np.clip(at, -limit, limit))
        return np.asarray(np.isfinite(near).any((1, 2)))


class Scene:
    """A frame (H, W) with its points, and the pixels (H, W) that show no scene."""

    def __init__(self, frame: npt.NDArray[Any], points: Points, foreign: BoolArray | None) -> None:
        self.frame, self.points, self.foreign = frame, points, foreign
        self.near = near_any(frame.shape, points.xy, _COVERED)
        self.neighbours = Neighbours.of(points.xy, _NEIGHBOURS, _REACH)

    def look(
        self, some: npt.NDArray[np.intp], xy: npt.NDArray[np.floating[Any]], step: int, half: int
    ) -> View:
        """Look at some points from the pixels nearest to ``xy``.

        Args:
            some: (n,) numbers of the points.
            xy: (n, 2) frame pixels.
            step: px between the blocks in which noise and background are measured.
            half: px on each side of a point in which its target may show.
        """
        large = gather(self.frame, xy, self.points.dark[some], self.foreign, max(half, reach(step)))
        neighbours = self.neighbours[some]
        covered = reach(step) + _COVERED + 0.5
        known = covered < 0.7 * _REACH
        alone = known and not neighbours.may_be_within(large.centre, covered)
        others = None if alone else large.of(self.near)
        around = measure_surroundings(large, others, step, self.frame.dtype)
        windows = large.middle(half)
        spikes = find_spikes(windows, around.noise)
        partner = neighbours.distance <= TOGETHER
        partner[:, _PARTNERS:] = False
        good = windows.valid & ~spikes
        good &= ~neighbours.covered(windows.centre, half, ~partner, _COVERED)
        saturated = at_full_scale(self.frame, windows)
        floor = None
        if saturated is not None and (saturated & good).any():
            floor = np.where(saturated & good, windows.values, -np.inf)
        return View(windows, around, good, spikes, floor)

    def with_partners(self, places: FloatArray) -> FloatArray:
        """Add to each point those that are fitted together with it.

        Args:
            places: (N, 3) x, y and width of each point.

        Returns:
            (N, 1 + K, 3) the same of each point and of its partners; NaN if there are fewer.
        """
        near = self.neighbours.distance[:, :_PARTNERS] <= TOGETHER
        close = near[:, 0]  # a matched filter may confuse two targets
        places[close, :2] = self.points.xy[close]
        partners = np.where(near, self.neighbours.index[:, :_PARTNERS], len(places))
        known = np.vstack([places, np.full((1, 3), np.nan)])
        return np.concatenate([places[:, None], known[partners]], axis=1)
