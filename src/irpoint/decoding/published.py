"""The decoder of the published codes, for comparison with their tables.

Every cell of a plateau is a point. The highest score of the map gates the others, and at most eight
points are kept. The sub-cell position is a quarter of a cell towards the higher neighbour. For
everything else use :func:`irpoint.decoding.peaks.decode`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.decoding import STRIDE
from irpoint.points import Points


@dataclass(frozen=True)
class PublishedRule:
    """Which maxima a published decoder keeps.

    Attributes:
        threshold: score that a point must exceed.
        relative_gate: minimum score as a fraction of the highest score of the map.
        max_points: maximum number of points, the highest scores first.
    """

    threshold: float
    relative_gate: float
    max_points: int = 8


def decode_published(
    response: npt.NDArray[np.floating],
    rule: PublishedRule,
    *,
    stride: int = STRIDE,
    map_offset: float = 0.0,
) -> Points:
    """Find the points of a response map as the published codes do.

    Args:
        response: (h, w), any float type.
        rule: which maxima are kept.
        stride: network pixels per cell.
        map_offset: network coordinate of cell 0.

    Returns:
        Points in network pixels, highest score first.
    """
    cells = np.asarray(response, np.float32)
    height, width = cells.shape
    highest = ndimage.maximum_filter(cells, size=3, mode="constant", cval=-np.inf)
    minimum = max(rule.relative_gate * float(cells.max(initial=0.0)), 0.0)
    rows, columns = np.nonzero((cells == highest) & (cells > rule.threshold) & (cells >= minimum))
    score = cells[rows, columns]
    best = np.argsort(-score, kind="stable")[: rule.max_points]
    rows, columns, score = rows[best], columns[best], score[best]
    inside = (rows > 0) & (rows < height - 1) & (columns > 0) & (columns < width - 1)
    x, y = columns.astype(np.float64), rows.astype(np.float64)
    r, c = rows[inside], columns[inside]
    x[inside] += 0.25 * np.sign(cells[r, c + 1] - cells[r, c - 1])
    y[inside] += 0.25 * np.sign(cells[r + 1, c] - cells[r - 1, c])
    xy = np.stack([x, y], axis=1) * stride + map_offset
    return Points(xy.astype(np.float32), score)
