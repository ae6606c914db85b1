"""Prediction of clutter that moves, such as waves and clouds, from the frames before.

In each block of a frame, each pixel is predicted by a weighted sum of pixels around it in the
latest frames. The weights are those of least squares over this block of the same frame, so that
they follow waves of any direction and a camera that shakes. Pixels beside what the network takes
for targets do not count in the fit, so that a bright target does not predict itself; others are too
weak to matter. All this comes after the filter for point targets, because that is the band in which
clutter hides them.

Adaptive linear prediction, from a single frame: Soni, Zeidler and Ku, IEEE Trans. Image Process.
2(3), 1993.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from irpoint.tracking.background import Floats, Plane, Step, moved
from irpoint.tracking.noise import CELL, mean_of_cells

Indices = npt.NDArray[np.intp]

_FRAMES = 3  # from which the next one is predicted
_SIDE, _APART = 3, 2  # of the square of pixels in each of them, and px between those
_EDGE = (_SIDE // 2) * _APART
_BLOCK = 64, 128  # px, the approximate sides of a block
_ROWS, _COLUMNS = 4, 2  # every so many are sampled
_TARGET = 16  # px beside a target of the network that do not count in the fit
_LEAST = 240  # samples of a block: about nine for each weight
_RIDGE = 0.01  # of the ridge regression, as a share of the mean power of a pixel
_RETRY = 5  # frames after which a prediction is tried again, if nothing could be predicted
_GAIN = 0.3  # share of the power of a block that must be predicted; noise has up to 0.2


class Prediction:
    """Subtracts the prediction from successive filtered frames of one size."""

    def __init__(self) -> None:
        self._earlier: list[Plane] = []  # the latest first, with edges
        self._idle = 0  # frames since one in which something was predicted

    def __call__(
        self, frame: Plane, power: Plane, scrolled: Step, targets: Floats
    ) -> tuple[Plane, Plane] | None:
        """The residual of the next frame, and its mean square in cells.

        Args:
            frame: (H, W), filtered.
            power: (rows, columns) its mean square in each cell.
            scrolled: rows and columns over which its content moved.
            targets: (N, 2) places of what may be bright targets.

        Returns:
            None if no block can be predicted.
        """
        blocks, side = _blocks(frame.shape)
        padded = np.zeros(blocks * side + 2 * _EDGE, np.float32)
        padded[_EDGE : _EDGE + frame.shape[0], _EDGE : _EDGE + frame.shape[1]] = frame
        earlier = self._earlier
        if any(scrolled):
            earlier = [moved(plane, scrolled) for plane in earlier]
        self._earlier = [padded, *earlier[: _FRAMES - 1]]
        self._idle += 1
        few = side.prod() < _LEAST * _ROWS * _COLUMNS
        if few or len(earlier) < _FRAMES or 1 < self._idle < _RETRY:
            return None
        weights, gain = _fitted(padded, earlier, blocks, targets)
        self._idle = 0 if (predicted := np.argwhere(gain > _GAIN)).size else 1
        if not predicted.size:
            return None
        residual, power = frame.copy(), power.copy()
        for block in predicted:
            _subtract(residual, power, earlier, block * side, side, weights[*block])
        return residual, power


def _blocks(shape: tuple[int, ...]) -> tuple[Indices, Indices]:
    """Numbers of blocks along both axes, and their sides in pixels, whole cells of noise."""
    sides = np.array(shape)
    blocks = np.maximum(np.rint(sides / _BLOCK).astype(np.intp), 1)
    return blocks, CELL * -(-sides // (CELL * blocks))


def _around(place: float, step: int) -> slice:
    """Samples beside a target, along one axis."""
    return slice(max(int((place - _TARGET) / step), 0), max(int((place + _TARGET) / step) + 1, 0))


def _fitted(
    frame: Plane, earlier: list[Plane], blocks: Indices, targets: Floats
) -> tuple[Plane, Plane]:
    """Weights (rows, columns, N) of each block, and the share of its power that they predict."""
    height, width = (np.array(frame.shape) - 2 * _EDGE).tolist()
    offsets = range(0, 2 * _EDGE + 1, _APART)
    planes = [
        plane[y + 1 : y + height : _ROWS, x : x + width : _COLUMNS]
        for plane in earlier
        for y in offsets
        for x in offsets
    ]
    planes.append(frame[_EDGE + 1 : _EDGE + height : _ROWS, _EDGE : _EDGE + width : _COLUMNS])
    learned = np.ones(planes[0].shape, np.float32)
    for x, y in targets:
        rows, columns = _around(y, _ROWS), _around(x, _COLUMNS)
        learned[rows, columns] = 0
    rows, columns = height // _ROWS // blocks[0], width // _COLUMNS // blocks[1]
    samples = np.stack(planes)
    samples *= learned
    samples = samples.reshape(len(planes), blocks[0], rows, blocks[1], columns)
    samples = samples.transpose(1, 3, 0, 2, 4).reshape(*blocks, len(planes), rows * columns)
    products = samples @ samples.swapaxes(-1, -2)
    normal, aims, power = products[..., :-1, :-1], products[..., :-1, -1:], products[..., -1, -1]
    count = normal.shape[-1]
    ridge = _RIDGE / count * np.trace(normal, axis1=-2, axis2=-1) + np.float32(1e-12)
    ridges = ridge[..., None, None] * np.eye(count, dtype=np.float32)
    weights = np.linalg.solve(normal + ridges, aims)
    predicted = weights.swapaxes(-1, -2) @ (2 * aims - normal @ weights)
    gain = predicted[..., 0, 0] / np.maximum(power, np.float32(1e-12))
    return weights[..., 0], gain


def _subtract(
    frame: Plane, power: Plane, earlier: list[Plane], corner: Indices, side: Indices, weights: Plane
) -> None:
    """Subtract the prediction from one block of a frame, and renew the power of its cells."""
    top, first = corner.tolist()
    block = frame[top : top + side[0], first : first + side[1]]
    height, width = block.shape
    near = np.stack(
        [plane[top:, first:][: height + 2 * _EDGE, : width + 2 * _EDGE] for plane in earlier]
    )
    around = np.lib.stride_tricks.sliding_window_view(near, block.shape, axis=(1, 2))
    around = around[:, ::_APART, ::_APART]
    block -= np.tensordot(weights.reshape(around.shape[:3]), around, axes=3)
    cells = mean_of_cells(block * block)
    power[top // CELL :, first // CELL :][: len(cells), : cells.shape[1]] = cells
