"""Which points are close to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from irpoint.measuring.windows import BoolArray, FloatArray, nearest_pixel

COVERED = 3  # px around a point that its target may brighten
_FAR = 1e9
_HALF_WAY = 2.9  # times a distance along an axis: twice the diagonal


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The points next to each point.

    Attributes:
        xy: (N, 2) the points.
        others: (N, K, 2) the places of the nearest other points, nearest first; far away if there
            are fewer.
        index: (N, K) their numbers.
        distance: (N, K) px, infinite if there are fewer.
    """

    xy: FloatArray
    others: FloatArray
    index: npt.NDArray[np.intp]
    distance: FloatArray

    @classmethod
    def of(cls, xy: npt.NDArray[np.floating[Any]], most: int, reach: float) -> Neighbours:
        """The nearest ``most`` points (N, 2) within ``reach`` px of each."""
        places = xy.astype(np.float64)
        distance, index = cKDTree(places).query(places, k=most + 1, distance_upper_bound=reach)
        # The point itself is not always first: another may be at the same place.
        own = index == np.arange(len(places))[:, None]
        distance[own] = np.inf
        index[own] = len(places)
        order = np.argsort(distance, axis=1, kind="stable")[:, :most]
        index, distance = (np.take_along_axis(a, order, 1) for a in (index, distance))
        others = np.vstack([places, [[_FAR, _FAR]]])[index]
        return cls(places, others, index, distance)

    def __getitem__(self, index: npt.NDArray[Any]) -> Neighbours:
        return Neighbours(*(values[index] for values in vars(self).values()))

    def may_be_within(self, centre: npt.NDArray[np.int64], radius: float) -> bool:
        """Whether another point may be within ``radius`` px of any ``centre``, along both axes.

        Args:
            centre: (N, 2) frame pixels nearest to the points.
            radius: px, at most 0.7 times the reach of the neighbours.
        """
        if np.isfinite(self.distance[:, -1]).any():  # there may be more than K
            return True
        return bool((np.abs(self.others - centre[:, None]).max(2) <= radius).any())

    def nearer(self, centre: npt.NDArray[np.int64], half: int) -> BoolArray:
        """bool (N, S, S), pixels around ``centre`` (N, 2) that are nearer to another point."""
        size = 2 * half + 1
        result = np.zeros((len(centre), size, size), bool)
        some = np.flatnonzero(self.distance[:, 0] <= _HALF_WAY * half + 2)
        if some.size:
            steps = np.arange(-half, half + 1)
            x = (centre[some, :1] + steps)[:, None, None, :]
            y = (centre[some, 1:] + steps)[:, None, :, None]
            other, own = self.others[some][:, :, None, None], self.xy[some, None, None, None]
            to_own = (x - own[..., 0]) ** 2 + (y - own[..., 1]) ** 2
            to_other = (x - other[..., 0]) ** 2 + (y - other[..., 1]) ** 2
            result[some] = (to_other < to_own).any(1)
        return result

    def covered(
        self, centre: npt.NDArray[np.int64], half: int, which: BoolArray, radius: int
    ) -> BoolArray:
        """bool (N, S, S), pixels around ``centre`` (N, 2) within ``radius`` px of another point.

        Args:
            centre: frame pixels.
            half: pixels on each side of them.
            which: bool (N, K), the neighbours that matter.
            radius: px along both axes.
        """
        size = 2 * half + 1
        wide = np.zeros((len(centre), size + 2 * radius, size + 2 * radius), bool)
        number, k = np.nonzero(which & (self.distance <= 1.5 * (half + radius)))
        if number.size:
            place = nearest_pixel(self.others[number, k]) - centre[number] + half
            inside = ((place >= -radius) & (place < size + radius)).all(1)
            number, place = number[inside], place[inside]
            steps = np.arange(2 * radius + 1)
            rows, columns = place[:, 1:] + steps, place[:, :1] + steps
            keep = size + 2 * radius - 1
            wide[
                number[:, None, None],
                np.clip(rows, 0, keep)[:, :, None],
                np.clip(columns, 0, keep)[:, None, :],
            ] = True
        return wide[:, radius:-radius, radius:-radius]


def near_any(shape: tuple[int, int], xy: npt.NDArray[np.floating[Any]], reach: int) -> BoolArray:
    """bool (H, W), the pixels within ``reach`` px of any point, along both axes."""
    height, width = shape
    near = np.zeros(shape, bool)
    steps = np.arange(-reach, reach + 1)
    centre = nearest_pixel(np.clip(xy, 0, (width - 1, height - 1)))
    rows = np.clip(centre[:, 1:] + steps, 0, height - 1)
    columns = np.clip(centre[:, :1] + steps, 0, width - 1)
    near[rows[:, :, None], columns[:, None, :]] = True
    return near
