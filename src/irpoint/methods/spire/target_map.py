"""PRPS: the target map of SPIRE, a Gaussian at each label shaped by the image around it.

SPIRE's probabilistic response map (PRPS, arXiv 2604.05363) multiplies a Gaussian at the label by
the image around it. In ``prps``, each factor shapes one part of the response:

* The **core**, the 3 × 3 cells from which the decoder reads the position, is the Gaussian alone, so
  the position is as exact as the label.
* The **skirt** around the core follows the image: high where the target extends, low where the
  background begins.

``published_prps`` reproduces the published code, for comparison.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from irpoint.decoding import STRIDE
from irpoint.methods.blocks.gaussian import RADIUS, Labels, Map, footprint

# In cells. The decoder reads cells up to √(1.5² + 0.5²) = 1.58 from the label. The influence of the
# image increases from zero at _CORE to its maximum at _SKIRT.
_CORE, _SKIRT = 1.6, 3.0
# The image reduces the response by half at most. Then no cell of the skirt exceeds its inner
# neighbour, and a target has one peak regardless of its surroundings.
_IMAGE_SHARE = 0.5
# A target is visible if its contrast exceeds this multiple of the background's deviation.
_FLAT = 0.5


def prps(frame: Map, labels: Labels, sigma: float = 1.5) -> Map:
    """irpoint's PRPS: peak exactly 1 at each real-valued label; overlaps take the maximum.

    Bright and dark targets are treated alike. If no target is visible at a label, its response is
    the Gaussian. The order of the labels does not matter.

    Args:
        frame: (H, W) network input with any gain and offset; sides are multiples of the stride.
        labels: (N, 2) in network pixels. A label outside the frame contributes its skirt.
        sigma: width of the Gaussian in cells.

    Returns:
        (H/4, W/4) float32 in 0..1.
    """
    height, width = frame.shape
    cells = frame.reshape(height // STRIDE, STRIDE, width // STRIDE, STRIDE).mean((1, 3))
    target_map = np.zeros(cells.shape, np.float32)
    for x, y in (np.asarray(labels, np.float64).reshape(-1, 2) + 0.5) / STRIDE - 0.5:
        for window, columns, rows in footprint(x, y, cells.shape):
            distance = np.hypot(columns - x, rows - y)
            # At the border the decoder reads the three cells nearest to it, so the core extends
            # inwards.
            inwards = np.hypot(
                columns - _inside(x, target_map.shape[1]), rows - _inside(y, len(target_map))
            )
            beyond = np.minimum(distance, inwards) - _CORE
            skirt = np.clip(beyond / (_SKIRT - _CORE), 0, 1) * _IMAGE_SHARE
            likeness = _likeness(cells[window], distance)
            response = np.exp(-(distance**2) / (2 * sigma**2)) * (1 - skirt * (1 - likeness))
            target_map[window] = np.maximum(target_map[window], response)
    return target_map


def _inside(cell: float, length: int) -> float:
    return min(max(cell, 1.0), max(length - 2.0, 1.0))


def _likeness(patch: Map, distance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Similarity of each cell to the target: 0 (background) to 1, for bright and dark targets."""
    core, ring = patch[distance < 1.0], patch[distance >= _SKIRT]
    if not core.size or not ring.size:
        return np.ones(patch.shape)
    background = float(np.median(ring))
    contrast = float(core[np.argmax(np.abs(core - background))]) - background
    if abs(contrast) <= _FLAT * float(ring.std()) or contrast == 0:
        return np.ones(patch.shape)
    likeness: npt.NDArray[np.float64] = np.clip((patch - background) / contrast, 0.0, 1.0)
    return likeness


def published_prps(frame: Map, labels: Labels, sigma: float = 2.0) -> Map:
    """The target map of SPIRE's published code, always with σ = 2 cells.

    Known behaviour:

    * Labels are rounded to cells.
    * The 13 × 13 *pixels* around the brightest pixel within 5 px are copied to 13 × 13 *cells*.
    * Min–max scaling is applied twice with the extremes of the first pass, so peaks may exceed 1.
    * Overlaps are averaged, so that the order of the labels matters.
    * A flat image gives NaN, and a label at (0, 0) means "no target".

    The published code sees whole frames only. Here, labels outside the frame are ignored.
    """
    del sigma
    target_map = np.zeros((frame.shape[0] // STRIDE, frame.shape[1] // STRIDE), np.float32)
    reach = np.arange(-RADIUS, RADIUS + 1)
    gaussian = np.exp(-(reach[:, None] ** 2 + reach[None, :] ** 2) / (2 * 2.0**2))
    framed = np.pad(frame, RADIUS, mode="edge")
    for x, y in np.asarray(labels, np.float64).reshape(-1, 2):
        inside = 0 <= x + 0.5 < frame.shape[1] and 0 <= y + 0.5 < frame.shape[0]
        if not inside or (x == 0 and y == 0):
            continue
        row, column = _brightest(frame, x, y)
        crop = framed[row : row + 2 * RADIUS + 1, column : column + 2 * RADIUS + 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            product = gaussian * (crop - crop.min()) / (crop.max() - crop.min())
            low, high = product.min(), product.max()
            for _ in range(2):
                product = (product - low) / (high - low)
        _paste_averaging(target_map, product, int(x / STRIDE + 0.5), int(y / STRIDE + 0.5))
    return target_map


def _brightest(frame: Map, x: float, y: float) -> tuple[int, int]:
    """Row and column of the brightest pixel within 5 px of a label."""
    top, left = max(int(y) - 5, 0), max(int(x) - 5, 0)
    near = frame[top : int(y) + 6, left : int(x) + 6]
    row, column = np.unravel_index(int(np.argmax(near)), near.shape)
    return top + int(row), left + int(column)


def _paste_averaging(
    target_map: Map, response: npt.NDArray[np.float64], column: int, row: int
) -> None:
    """Add a 13 × 13 response to a map, averaging with positive cells."""
    for window, across, down in footprint(column, row, target_map.shape):
        piece = response[down - row + RADIUS, across - column + RADIUS]
        there = target_map[window]
        target_map[window] = np.where(there > 0, (there + piece) / 2, piece)
