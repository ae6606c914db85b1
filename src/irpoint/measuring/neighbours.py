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
        index: (N, K) numbers of the nearest other points within reach, nearest first; N if there
            are fewer.
        distance: (N, K) px, infinite if there are fewer.
    """

    xy: FloatArray
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
        return cls(
            places, np.take_along_axis(index, order, 1), np.take_along_axis(distance, order, 1)
        )

    @property
    def nearest(self) -> FloatArray:
        """(N,) px to the nearest other point, infinite if none is within reach."""
        return self.distance[:, 0]

    def nearer(self, windows: Windows) -> BoolArray:
        """bool (N, S, S), the pixels that are nearer to another point than to their own."""
        result = np.zeros(windows.values.shape, bool)
        some = np.flatnonzero(np.isfinite(self.nearest))
        if some.size:
            steps = np.arange(-windows.half, windows.half + 1)
            x = (windows.centre[some, :1] + steps)[:, None, None, :]
            y = (windows.centre[some, 1:] + steps)[:, None, :, None]
            places = np.vstack([self.xy, [[_FAR, _FAR]]])
            own, other = places[some, None, None, None], places[self.index[some]][:, :, None, None]
            to_own = (x - own[..., 0]) ** 2 + (y - own[..., 1]) ** 2
            to_other = (x - other[..., 0]) ** 2 + (y - other[..., 1]) ** 2
            result[some] = (to_other < to_own).any(1)
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
