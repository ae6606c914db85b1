"""Clutter that moves, such as waves and clouds, as the frames before foretell it.

In each part of a frame, each pixel is predicted by a weighted sum of pixels around it in the latest
frames. The weights are those of least squares over this part of the same frame, so that they follow
waves of any direction and a camera that shakes. Nothing is learned beside what the network takes
for targets, so that a bright one does not foretell itself; others are too weak to matter. All this
is done after the filter for point targets, because that is the band in which clutter hides them.

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
_PART = 64, 128  # px, about which a part has
_ROWS, _COLUMNS = 4, 2  # every so many are sampled
_TARGET = 16  # px beside a target of the network, in which nothing is learned
_LEAST = 240  # samples of a part, with about nine for each weight
_RIDGE = 0.01  # share of the mean power of a pixel that is added to it
_ASKED = 5  # frames after which a frame is asked again in which nothing could be foretold
_GAIN = 0.3  # share of the power in a part from which its prediction counts; noise has up to 0.2


class Prediction:
    """Subtracts from successive filtered frames of one size what the latest ones foretell."""

    def __init__(self) -> None:
        self._earlier: list[Plane] = []  # the latest first, with edges
        self._idle = 0  # frames since one in which something was foretold

    def __call__(
        self, frame: Plane, power: Plane, scrolled: Step, targets: Floats
    ) -> tuple[Plane, Plane] | None:
        """What is left of the next frame, and its mean square in cells.

        Args:
            frame: (H, W), filtered.
            power: (rows, columns) its mean square in each cell.
            scrolled: rows and columns over which its content moved.
            targets: (N, 2) places of what may be bright targets.

        Returns:
            None if nothing in the frame can be foretold.
        """
        parts, side = _parts(frame.shape)
        padded = np.zeros(parts * side + 2 * _EDGE, np.float32)
        padded[_EDGE : _EDGE + frame.shape[0], _EDGE : _EDGE + frame.shape[1]] = frame
        earlier = self._earlier
        if any(scrolled):
            earlier = [moved(plane, scrolled) for plane in earlier]
        self._earlier = [padded, *earlier[: _FRAMES - 1]]
        self._idle += 1
        few = side.prod() < _LEAST * _ROWS * _COLUMNS
        if few or len(earlier) < _FRAMES or 1 < self._idle < _ASKED:
            return None
        weights, gain = _fitted(padded, earlier, parts, targets)
        self._idle = 0 if (foretold := np.argwhere(gain > _GAIN)).size else 1
        if not foretold.size:
            return None
        left, power = frame.copy(), power.copy()
        for part in foretold:
            _subtract(left, power, earlier, part * side, side, weights[*part])
        return left, power


def _parts(shape: tuple[int, ...]) -> tuple[Indices, Indices]:
    """Numbers of parts along both axes, and their sides in pixels, whole cells of noise."""
    sides = np.array(shape)
    parts = np.maximum(np.rint(sides / _PART).astype(np.intp), 1)
    return parts, CELL * -(-sides // (CELL * parts))


def _around(place: float, step: int) -> slice:
    """Samples beside a target, along one axis."""
    return slice(max(int((place - _TARGET) / step), 0), max(int((place + _TARGET) / step) + 1, 0))


def _fitted(
    frame: Plane, earlier: list[Plane], parts: Indices, targets: Floats
) -> tuple[Plane, Plane]:
    """Weights (rows, columns, N) of each part, and the share of its power that they foretell."""
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
    rows, columns = height // _ROWS // parts[0], width // _COLUMNS // parts[1]
    samples = np.stack(planes)
    samples *= learned
    samples = samples.reshape(len(planes), parts[0], rows, parts[1], columns)
    samples = samples.transpose(1, 3, 0, 2, 4).reshape(*parts, len(planes), rows * columns)
    products = samples @ samples.swapaxes(-1, -2)
    normal, aims, power = products[..., :-1, :-1], products[..., :-1, -1:], products[..., -1, -1]
    count = normal.shape[-1]
    ridge = _RIDGE / count * np.trace(normal, axis1=-2, axis2=-1) + np.float32(1e-12)
    ridges = ridge[..., None, None] * np.eye(count, dtype=np.float32)
    weights = np.linalg.solve(normal + ridges, aims)
    foretold = weights.swapaxes(-1, -2) @ (2 * aims - normal @ weights)
    gain = foretold[..., 0, 0] / np.maximum(power, np.float32(1e-12))
    return weights[..., 0], gain


def _subtract(
    frame: Plane, power: Plane, earlier: list[Plane], corner: Indices, side: Indices, weights: Plane
) -> None:
    """Subtract what is foretold of one part of a frame, and renew the power of its cells."""
    top, first = corner.tolist()
    part = frame[top : top + side[0], first : first + side[1]]
    height, width = part.shape
    near = np.stack(
        [plane[top:, first:][: height + 2 * _EDGE, : width + 2 * _EDGE] for plane in earlier]
    )
    around = np.lib.stride_tricks.sliding_window_view(near, part.shape, axis=(1, 2))
    around = around[:, ::_APART, ::_APART]
    part -= np.tensordot(weights.reshape(around.shape[:3]), around, axes=3)
    cells = mean_of_cells(part * part)
    power[top // CELL :, first // CELL :][: len(cells), : cells.shape[1]] = cells
