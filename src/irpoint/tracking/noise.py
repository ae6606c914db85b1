"""The local deviation of noise and clutter, now and in earlier frames.

Noise is the same over blocks; clutter that moves, such as waves and the edges of clouds, differs
from one cell to the next. Frames join the map of cells ten frames late, so that a slow target does
not hide itself.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy import ndimage

from irpoint.tracking.background import Background, Floats, Mask, Plane, moved

CELL = 4  # px
_BLOCK = 8  # cells, over which noise is the same
_REACH = 1  # cell beside the unknown, in which the filter sees it
_LEARNED = 0.1  # share of a frame in the deviation of blocks
_LAG = 10  # frames before the power of a frame joins the map
_MEMORY = 25  # frames over which the map extends


class Noise:
    """The deviation of noise and clutter after the filter, in cells of 4 px."""

    def __init__(self) -> None:
        self._blocks: Floats | None = None  # variance
        self._waiting: deque[tuple[Plane, Floats]] = deque()
        self._power: Plane | None = None  # mean variance in earlier frames
        self._seen = 0
        self._place = np.zeros(2)  # of the scene's content, rows and columns in cells
        self._cells = np.zeros(2)  # whole ones of it, by which the power was moved

    def deviation(self, power: Plane, background: Background) -> Plane:
        """The deviation in the cells of the next frame.

        Args:
            power: (rows, columns) mean square of the filtered frame in each cell.
            background: of the frame, to follow the scene.
        """
        known = None if background.known is None else mean_of_cells(background.known)
        variance = self._of_blocks(power, known)
        self._place = self._place + np.array(background.scrolled) / CELL
        cells = np.rint(self._place)
        if self._power is not None:
            self._power = _moved(self._power, cells - self._cells)
            np.maximum(variance, self._power, out=variance)
        self._cells = cells
        self._waiting.append((power, cells))
        if len(self._waiting) > _LAG:
            self._learn(*self._waiting.popleft())
        deviation: Plane = np.sqrt(variance + np.float32(1e-12))
        if known is not None:
            deviation[_near_unknown(known)] = np.inf
        return deviation

    def _of_blocks(self, power: Plane, known: Plane | None) -> Plane:
        """(rows, columns) variance of the cells, the same in each block of them."""
        share = np.ones(power.shape, np.float32) if known is None else known
        sums = [
            _summed(_padded(plane, _BLOCK), _BLOCK).astype(np.float64) for plane in (power, share)
        ]
        total, count = (ndimage.uniform_filter(plane, 3, mode="nearest") for plane in sums)
        variance = total / np.maximum(count, 1e-3)
        if self._blocks is None:
            self._blocks = variance
        self._blocks += _LEARNED * (variance - self._blocks)
        highest = np.maximum(self._blocks, variance).astype(np.float32)
        rows, columns = power.shape
        return np.asarray(highest.repeat(_BLOCK, 0).repeat(_BLOCK, 1)[:rows, :columns])

    def _learn(self, power: Plane, cells: Floats) -> None:
        """Let the power of an earlier frame join the map."""
        power = ndimage.uniform_filter(_moved(power, self._cells - cells), 3, mode="nearest")
        if self._power is None:
            self._power = np.zeros_like(power)
        self._seen = min(self._seen + 1, _MEMORY)
        self._power += (power - self._power) / np.float32(self._seen)


def _near_unknown(known: Plane) -> Mask:
    """Cells in which the filter sees places without a background."""
    return np.asarray(ndimage.minimum_filter(known, 2 * _REACH + 1, mode="nearest") < 1)


def _moved(plane: Plane, step: Floats) -> Plane:
    rows, columns = step.astype(int).tolist()
    return moved(plane, (rows, columns)) if rows or columns else plane


def mean_of_cells(plane: Plane | Mask) -> Plane:
    """Mean over cells; those at the right and lower edge may lie partly outside."""
    height, width = plane.shape
    sums = _summed(_padded(plane.astype(np.float32, copy=False), CELL), CELL)
    sums *= np.float32(1 / CELL**2)
    if height % CELL:
        sums[-1] *= np.float32(CELL / (height % CELL))
    if width % CELL:
        sums[:, -1] *= np.float32(CELL / (width % CELL))
    return sums


def _padded(plane: Plane, side: int) -> Plane:
    """The plane, continued with zeros to a multiple of ``side``."""
    rows, columns = (-length % side for length in plane.shape)
    return np.pad(plane, ((0, rows), (0, columns))) if rows or columns else plane


def _summed(plane: Plane, side: int) -> Plane:
    """Sums over squares."""
    height, width = plane.shape
    rows = np.add.reduce(plane.reshape(height // side, side, width), axis=1)
    return np.asarray(sum(rows[:, start::side] for start in range(side)))
