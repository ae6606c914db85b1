"""Weak specks in a frame, from the frames before it: what a network that sees one frame leaves out.

The frame is compared with the mean of frames that are at least ten frames old, moved along with the
camera, so that what stands still disappears and a slow target does not hide itself. A filter of the
size of a point target and its local deviation turn the difference into a statistic in deviations
of noise and clutter. Its weak maxima are many; only tracks can tell which are targets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float64]
Plane = npt.NDArray[np.float32]

_BINS = 2  # px; a point target spreads over about two pixels, so that little is lost
_LAG = 10  # frames before a frame joins the mean
_MEMORY = 25.0  # frames over which the mean extends
_POWERS = 2  # each second frame's deviation is learned, which is enough
_ENOUGH = 2  # frames in the mean from which the difference is used
_SIDE = np.float32(0.25)  # weight of the bins beside the middle in the filter
_RING = ((3, 0), (-3, 0), (0, 3), (0, -3), (2, 2), (2, -2), (-2, 2), (-2, -2))
_REACH = 3
_BLOCK = 16  # bins; the deviation is that of blocks
_MOST = 250  # specks per frame
LOWEST_STATISTIC = 2.4  # of a speck


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
    dark: npt.NDArray[np.bool_]

    def __getitem__(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Specks:
        """The specks that an index array or a mask selects."""
        return Specks(self.xy[index], self.statistic[index], self.dark[index])

    @classmethod
    def joined(cls, parts: Sequence[Specks]) -> Specks:
        """The specks of all ``parts``, of which there is at least one."""
        return cls(
            np.concatenate([part.xy for part in parts]),
            np.concatenate([part.statistic for part in parts]),
            np.concatenate([part.dark for part in parts]),
        )


class SpeckFinder:
    """Finds the specks of successive frames of one size.

    Args:
        dark: whether to look for dark specks.
    """

    def __init__(self, dark: bool = False) -> None:
        self._sign = np.float32(-1 if dark else 1)
        self._waiting: deque[tuple[Plane, tuple[int, int]]] = deque()
        self._mean: Plane | None = None
        self._count: Plane | None = None
        self._place = np.zeros(2)  # bins by which the scene has moved since the first frame
        self._variance: Floats | None = None
        self._powers: deque[tuple[Plane, tuple[int, int]]] = deque()
        self._power: Plane | None = None
        self._ready = False
        self._number = 0

    def __call__(self, frame: npt.NDArray[Any], shift: tuple[float, float]) -> Specks:
        """The specks of the next frame (H, W), whose content moved by ``shift`` (x, y) pixels."""
        binned = _binned(frame) * self._sign
        self._place += np.asarray(shift) / _BINS
        whole = np.rint(self._place)
        # On the grid of the scene, which scrolls by whole bins.
        aligned = _moved_back(binned, self._place - whole)
        column, row = int(whole[0]), int(whole[1])
        difference, ready = aligned, False
        if self._mean is not None and self._count is not None:
            self._scroll(column, row)
            known = self._count >= _ENOUGH
            ready = bool(known.any())
            if ready:
                difference = aligned - self._mean
                if not known.all():
                    difference[~known] = 0
        self._place -= whole
        self._learn(aligned, (row, column))
        if not ready:
            return Specks(np.empty((0, 2)), np.empty(0), np.empty(0, bool))
        filtered = _filter(difference)
        deviation = self._deviation(filtered, ready != self._ready)
        self._ready = ready
        self._unsteady(filtered, deviation, (row, column), aligned_before=ready)
        statistic = filtered / deviation
        rows, columns, values = _maxima(statistic)
        offset = _vertices(statistic, rows, columns)
        xy = _BINS * (np.stack([columns, rows], axis=1) + offset + self._place)
        return Specks(xy + (_BINS - 1) / 2, values, np.full(len(xy), self._sign < 0))

    def _scroll(self, column: int, row: int) -> None:
        if not (column or row):
            return
        assert self._mean is not None
        assert self._count is not None
        self._mean = np.roll(self._mean, (row, column), (0, 1))
        self._count = np.roll(self._count, (row, column), (0, 1))
        _forget(self._count, row, column)

    def _learn(self, aligned: Plane, scrolled: tuple[int, int]) -> None:
        row, column = scrolled
        self._waiting = deque((old, (r + row, c + column)) for old, (r, c) in self._waiting)
        self._waiting.append((aligned, (0, 0)))
        self._number += 1
        if len(self._waiting) <= min(_LAG, max(self._number // 2, 2)):
            return
        old, (r, c) = self._waiting.popleft()
        seen = np.ones(old.shape, np.float32)
        if r or c:
            old = np.roll(old, (r, c), (0, 1))
            _forget(seen, r, c)
        if self._mean is None or self._count is None:
            self._mean, self._count = old.copy(), seen
            return
        self._count = np.minimum(self._count + seen, np.float32(_MEMORY))
        self._mean += (old - self._mean) * (seen / np.maximum(self._count, 1))

    def _unsteady(
        self, filtered: Plane, deviation: Plane, scrolled: tuple[int, int], aligned_before: bool
    ) -> None:
        """Raise the deviation where earlier frames differed: waves, edges that move."""
        row, column = scrolled
        self._powers = deque((old, (r + row, c + column)) for old, (r, c) in self._powers)
        if (row or column) and self._power is not None:
            self._power = np.roll(self._power, (row, column), (0, 1))
            _forget(self._power, row, column)
        if self._power is not None:
            np.maximum(deviation, np.sqrt(self._power), out=deviation)
        if not aligned_before or self._number % _POWERS:
            return
        self._powers.append((filtered**2, (0, 0)))
        if len(self._powers) <= _LAG // _POWERS:
            return
        old, (r, c) = self._powers.popleft()
        if r or c:
            old = np.roll(old, (r, c), (0, 1))
            _forget(old, r, c)
        old = ndimage.uniform_filter(old, 3, mode="nearest")
        if self._power is None:
            self._power = np.zeros_like(old)
            self._seen = 0
        self._seen = min(self._seen + 1, int(_MEMORY) // _POWERS)
        self._power += (old - self._power) / np.float32(self._seen)

    def _deviation(self, filtered: Plane, changed: bool) -> Plane:
        height, width = filtered.shape
        rows, columns = height // _BLOCK, width // _BLOCK
        blocks = filtered[: rows * _BLOCK, : columns * _BLOCK] ** 2
        variance = blocks.reshape(rows, _BLOCK, columns, _BLOCK).mean((1, 3), dtype=np.float64)
        # smoothed over neighbours
        variance = ndimage.uniform_filter(variance, 3, mode="nearest")
        if self._variance is None or changed:
            self._variance = variance
        self._variance += 0.1 * (variance - self._variance)
        deviation = np.sqrt(np.maximum(self._variance, variance) + 1e-12).astype(np.float32)
        full = deviation.repeat(_BLOCK, 0).repeat(_BLOCK, 1)
        pad = ((0, height - full.shape[0]), (0, width - full.shape[1]))
        return np.pad(full, pad, mode="edge")


def _binned(frame: npt.NDArray[Any]) -> Plane:
    height, width = (side - side % 2 for side in frame.shape)
    part = frame[:height, :width].astype(np.float32)
    rows = part[::2] + part[1::2]
    return (rows[:, ::2] + rows[:, 1::2]) * np.float32(0.25)


def _moved_back(plane: Plane, shift: Floats) -> Plane:
    """The plane by ``shift`` (x, y) less than half a bin to the left and up, linearly."""
    x, y = shift
    for axis, step in ((1, x), (0, y)):
        if abs(step) < 0.02:
            continue
        moved = plane.copy()  # the line at the edge, whose neighbour is unknown, stays
        there, here = moved.swapaxes(0, axis), plane.swapaxes(0, axis)
        change = np.float32(step) * (here[1:] - here[:-1])
        if step > 0:
            there[:-1] += change
        else:
            there[1:] += change
        plane = moved
    return plane


def _forget(count: Plane, row: int, column: int) -> None:
    """Set what a roll by (row, column) moved in over the edges to zero."""
    if row:
        count[slice(0, row) if row > 0 else slice(row, None)] = 0
    if column:
        count[:, slice(0, column) if column > 0 else slice(column, None)] = 0


def _filter(plane: Plane) -> Plane:
    """The matched filter minus its mean on a ring."""
    plane = np.pad(plane, _REACH, mode="reflect")
    across = plane.copy()
    across[:, 1:-1] += _SIDE * (plane[:, 2:] + plane[:, :-2])
    both = across.copy()
    both[1:-1] += _SIDE * (across[2:] + across[:-2])
    height, width = plane.shape
    r = _REACH
    ring = np.zeros((height - 2 * r, width - 2 * r), np.float32)
    for row, column in _RING:
        ring += both[r + row : height - r + row, r + column : width - r + column]
    return np.asarray(both[r:-r, r:-r] - ring / np.float32(len(_RING)), np.float32)


def _maxima(statistic: Plane) -> tuple[Any, Any, Floats]:
    inner = statistic[1:-1, 1:-1]
    rows, columns = np.nonzero(inner >= LOWEST_STATISTIC)
    rows, columns = rows + 1, columns + 1
    values = statistic[rows, columns]
    top = np.ones(len(rows), bool)
    for row, column in ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)):
        top &= values >= statistic[rows + row, columns + column]
    rows, columns, values = rows[top], columns[top], values[top]
    if len(values) > _MOST:
        best = np.argpartition(-values, _MOST)[:_MOST]
        rows, columns, values = rows[best], columns[best], values[best]
    return rows, columns, values.astype(np.float64)


def _vertices(statistic: Plane, rows: Any, columns: Any) -> Floats:
    """Offsets (N, 2) along x and y of the vertices of parabolas, in bins."""
    middle = statistic[rows, columns].astype(np.float64)
    found = []
    for row, column in ((0, 1), (1, 0)):
        after = statistic[rows + row, columns + column].astype(np.float64)
        before = statistic[rows - row, columns - column].astype(np.float64)
        curvature = np.maximum(2 * middle - after - before, 1e-6)
        found.append(np.clip(0.5 * (after - before) / curvature, -0.5, 0.5))
    return np.stack(found, axis=1)
