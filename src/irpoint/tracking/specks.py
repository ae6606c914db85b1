"""Weak specks in a frame, from the frames before it: what a network that sees one frame leaves out.

The frame minus what stands still (:mod:`irpoint.tracking.background`) goes through a filter of the
size of a point target, minus its mean on a ring around it. Moving clutter is subtracted as far as
the latest frames predict it (:mod:`irpoint.tracking.prediction`). The local deviation, now and in
earlier frames, turns the residual into a statistic in deviations of noise and clutter. The weak
maxima are many; only tracks can tell which are targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.tracking.background import Background, Mask, Plane
from irpoint.tracking.matched import OFFSET, MatchedFilter
from irpoint.tracking.noise import CELL, Noise
from irpoint.tracking.prediction import Prediction
from irpoint.tracking.scene_map import Floats, Indices

LOWEST_STATISTIC = 3.0  # of a speck
_MOST = 200  # specks per frame and polarity
_ROWS = 16 * CELL  # that are compared at a time
_PLACE = 1.5  # deviation of a speck's place in pixels, over its statistic
_PLACE_LIMITS = (0.2, 0.6)  # px


@dataclass(frozen=True, eq=False)
class Specks:
    """The specks of one frame.

    Attributes:
        xy: (N, 2) places in frame pixels.
        statistic: (N,) in deviations.
        dark: (N,) whether each is dark.
    """

    xy: Floats
    statistic: Floats
    dark: Mask

    def __getitem__(self, index: Indices | Mask) -> Specks:
        """The specks that an index array or a mask selects."""
        return Specks(self.xy[index], self.statistic[index], self.dark[index])

    @property
    def variance(self) -> Floats:
        """(N,) of the places along each axis, px²."""
        return np.asarray(np.clip(_PLACE / self.statistic, *_PLACE_LIMITS) ** 2)


class SpeckFinder:
    """Finds the specks of successive frames of one size.

    Args:
        polarities: for each polarity to look for, whether it is dark.
    """

    def __init__(self, polarities: tuple[bool, ...] = (False,)) -> None:
        self._polarities = polarities
        self._background = Background()
        self._filter = MatchedFilter()
        self._noise = Noise()
        self._prediction = Prediction()

    def __call__(
        self,
        frame: npt.NDArray[Any],
        shift: tuple[float, float],
        targets: Floats | None = None,
    ) -> Specks:
        """The specks of the next frame.

        Args:
            frame: (H, W) of any integer or float type.
            shift: of its content, (x, y) in pixels.
            targets: (N, 2) places of targets that were found in the frame in another way.
        """
        difference = self._background.subtract(frame, shift)
        if difference is None:
            return Specks(np.empty((0, 2)), np.empty(0), np.empty(0, bool))
        filtered, power = self._filter(difference)
        targets = np.empty((0, 2)) if targets is None else targets
        residual = self._prediction(filtered, power, self._background.scrolled, targets)
        filtered, power = (filtered, power) if residual is None else residual
        deviation = self._noise.deviation(power, self._background)
        parts = [_maxima(filtered, deviation, dark) for dark in self._polarities]
        xy, statistic = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        dark = np.repeat(self._polarities, [len(part[0]) for part in parts])
        return Specks(xy, statistic, dark)


def _maxima(filtered: Plane, deviation: Plane, dark: bool) -> tuple[Floats, Floats]:
    """Places (N, 2) and statistics (N,) of the highest maxima, or of the lowest minima."""
    sign = -1 if dark else 1
    width = filtered.shape[1]
    index = _beyond(filtered, sign * LOWEST_STATISTIC * deviation, dark)
    flat = filtered.ravel()
    values = sign * flat[index]
    top = np.ones(len(index), bool)
    for step in (-1, 1, -width - 1, -width, -width + 1, width - 1, width, width + 1):
        top &= values >= sign * flat[index + step]
    index, values = index[top], values[top]
    row, column = np.divmod(index, width)
    statistic = values / deviation[row // CELL, column // CELL]
    if len(index) > _MOST:
        best = np.argpartition(-statistic, _MOST)[:_MOST]
        index, row, column, statistic = index[best], row[best], column[best], statistic[best]
    xy = np.stack([column + _vertices(flat, index, 1), row + _vertices(flat, index, width)], axis=1)
    return xy + OFFSET, statistic.astype(np.float64)


def _beyond(filtered: Plane, limit: Plane, dark: bool) -> Indices:
    """Indices of the pixels beyond the limits (rows, columns) of their cells, not at the edge."""
    height, width = filtered.shape
    limit = limit.repeat(CELL, axis=1)[:, :width]
    found = []
    for top in range(0, height, _ROWS):
        part = filtered[top : top + _ROWS]
        bound = limit[top // CELL : (top + _ROWS) // CELL].repeat(CELL, axis=0)[: len(part)]
        beyond = part <= bound if dark else part >= bound
        found.append(np.flatnonzero(beyond) + top * width)
    index = np.concatenate(found)
    row, column = np.divmod(index, width)
    inside = (row > 0) & (row < height - 1) & (column > 0) & (column < width - 1)
    return np.asarray(index[inside])


def _vertices(flat: Plane, index: Indices, step: int) -> Floats:
    """Offsets (N,) of the vertices of parabolas along one axis, in pixels; of minima, too."""
    before, middle, after = (flat[index + k].astype(np.float64) for k in (-step, 0, step))
    curvature = 2 * middle - after - before
    offset = 0.5 * (after - before) / np.where(np.abs(curvature) > 1e-9, curvature, np.inf)
    return np.asarray(np.clip(offset, -0.5, 0.5))
