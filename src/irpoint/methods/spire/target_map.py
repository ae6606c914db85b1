"""PRPS: a point label becomes the response that a point target would leave, shaped by its image.

SPIRE's probabilistic response map (PRPS, arXiv 2604.05363) multiplies a Gaussian at the label with
the image around it. ``prps`` keeps that idea and gives each factor the part it is good at: the
**core** of the response, the three cells a side from which a decoder reads the position, is the
Gaussian alone and so as exact as the label; the **skirt** around it follows the image, high where
the target reaches, low where the background begins. ``published_prps`` is the variant of the
published code, kept for comparison with all that is known of it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from irpoint.decoding import STRIDE
from irpoint.methods.blocks.gaussian import RADIUS, Labels, Map, footprint

# The decoder reads cells up to √(1.5² + 0.5²) = 1.58 from the label; beyond, the image has its say.
_CORE, _SKIRT = 1.6, 3.0
# The image may halve the response, no more: then no skirt cell outshines its neighbour further in,
# so that a target has one peak whatever its surroundings.
_IMAGE_SHARE = 0.5
# A label whose contrast is below this share of its surroundings' spread has no visible target.
_FLAT = 0.5


def prps(frame: Map, labels: Labels, sigma: float = 1.5) -> Map:
    """Our target: peak exactly 1 at each (real-valued) label, overlaps joined by maximum.

    Args:
        frame: (H, W) network input, any scale; sides are multiples of the stride.
        labels: (N, 2) in network pixels; labels outside the frame leave their skirt inside it.
        sigma: width of the Gaussian in cells.

    Returns:
        (H/4, W/4) float32 in 0..1. Order of the labels does not matter; bright and dark targets do
        equally well; where nothing stands out at the label, the response is the Gaussian.
    """
    height, width = frame.shape
    cells = frame.reshape(height // STRIDE, STRIDE, width // STRIDE, STRIDE).mean((1, 3))
    target = np.zeros(cells.shape, np.float32)
    for x, y in (np.asarray(labels, np.float64).reshape(-1, 2) + 0.5) / STRIDE - 0.5:
        for window, columns, rows in footprint(x, y, cells.shape):
            distance = np.hypot(columns - x, rows - y)
            # At the border a decoder reads the three cells nearest to it: the core reaches inwards.
            inwards = np.hypot(
                columns - _inside(x, target.shape[1]), rows - _inside(y, len(target))
            )
            beyond = np.minimum(distance, inwards) - _CORE
            skirt = np.clip(beyond / (_SKIRT - _CORE), 0, 1) * _IMAGE_SHARE
            likeness = _likeness(cells[window], distance)
            response = np.exp(-(distance**2) / (2 * sigma**2)) * (1 - skirt * (1 - likeness))
            target[window] = np.maximum(target[window], response)
    return target


def _inside(cell: float, length: int) -> float:
    return min(max(cell, 1.0), max(length - 2.0, 1.0))


def _likeness(patch: Map, distance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How much each cell looks like the target, 0 (background) to 1, bright or dark."""
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
    """The target as the published code makes it, σ = 2 cells whatever is asked.

    Known behaviour: labels are rounded to cells; the 13 × 13 *pixel* crop around the brightest
    pixel within 5 px is laid over 13 × 13 *cells*; the min–max step is applied twice with the first
    extremes, so that peaks may exceed 1; overlaps are averaged with what is there, so that the
    order of the labels matters; a flat crop gives NaN; a label at (0, 0) means "no target".
    It was made for whole frames: a label outside, as crops have them, leaves nothing.
    """
    del sigma
    target = np.zeros((frame.shape[0] // STRIDE, frame.shape[1] // STRIDE), np.float32)
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
        _paste_averaging(target, product, int(x / STRIDE + 0.5), int(y / STRIDE + 0.5))
    return target


def _brightest(frame: Map, x: float, y: float) -> tuple[int, int]:
    """Row and column of the brightest pixel within 5 px of a label."""
    top, left = max(int(y) - 5, 0), max(int(x) - 5, 0)
    near = frame[top : int(y) + 6, left : int(x) + 6]
    row, column = np.unravel_index(int(np.argmax(near)), near.shape)
    return top + int(row), left + int(column)


def _paste_averaging(target: Map, response: npt.NDArray[np.float64], column: int, row: int) -> None:
    """Lay a 13 × 13 response over a map, averaging where there is something already."""
    for window, across, down in footprint(column, row, target.shape):
        piece = response[down - row + RADIUS, across - column + RADIUS]
        there = target[window]
        target[window] = np.where(there > 0, (there + piece) / 2, piece)
