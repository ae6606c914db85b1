"""Which points are close to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from irpoint.measuring.windows import BoolArray, FloatArray, Windows

COVERED = 3  # px around a point that its target may brighten
_FAR = 1e9


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

    def nearer(self, windows: Windows, which: BoolArray, radius: float) -> BoolArray:
        """bool (N, S, S), pixels nearer to another point than to their own.

        Args:
            windows: windows around the points.
            which: bool (N, K), the neighbours that matter.
            radius: px, distance from the other point within which pixels count.
        """
        result = np.zeros(windows.valid.shape, bool)
        some = np.flatnonzero((which & np.isfinite(self.distance)).any(1))
        if not some.size:
            return result
        steps = np.arange(-windows.half, windows.half + 1)
        x = (windows.centre[some, :1] + steps)[:, None, None, :]
        y = (windows.centre[some, 1:] + steps)[:, None, :, None]
        other = np.where(which[some, :, None], self.others[some], _FAR)[:, :, None, None]
        own = self.xy[some, None, None, None]
        to_own = (x - own[..., 0]) ** 2 + (y - own[..., 1]) ** 2
        to_other = (x - other[..., 0]) ** 2 + (y - other[..., 1]) ** 2
        result[some] = ((to_other < to_own) & (to_other <= radius**2)).any(1)
        return result


def near_any(shape: tuple[int, int], xy: npt.NDArray[np.floating[Any]], reach: int) -> BoolArray:
    """bool (H, W), the pixels within ``reach`` px of any point, along both axes."""
    height, width = shape
    near = np.zeros(shape, bool)
    steps = np.arange(-reach, reach + 1)
    centre = np.rint(np.clip(xy, 0, (width - 1, height - 1))).astype(np.int64)
    rows = np.clip(centre[:, 1:] + steps, 0, height - 1)
    columns = np.clip(centre[:, :1] + steps, 0, width - 1)
    near[rows[:, :, None], columns[:, None, :]] = True
    return near
