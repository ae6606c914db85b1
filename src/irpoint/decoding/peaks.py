"""Response map → points: the one decoder, used in training and by every runtime.

A target is a local maximum of the response. Its sub-cell position is the vertex of a parabola
through the logarithms of the response, which is exact for a Gaussian. Its score is the response at
the vertex, so that it does not depend on the position of the target within a cell.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.decoding import STRIDE
from irpoint.decoding.log_parabola import LogParabola
from irpoint.points import Points

Response = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

# The peak of a Gaussian with σ ≥ 1 cell is at most 13 % per axis above its highest cell. The limit
# prevents a single noisy cell from being raised above the threshold.
_MAX_GAIN = 1.15
# Row and column steps to the eight neighbours of a cell.
_DOWN, _ACROSS = np.array([(d, a) for d in (-1, 0, 1) for a in (-1, 0, 1) if (d, a) != (0, 0)]).T


def decode(
    response: npt.NDArray[np.floating],
    threshold: float,
    *,
    stride: int = STRIDE,
    map_offset: float | None = None,
    relative_gate: float = 0.0,
    max_points: int | None = None,
) -> Points:
    """Find the peaks of a response map.

    Args:
        response: (h, w), any float type; about 1 at a target and 0 elsewhere.
        threshold: minimum score of a point, > 0.
        stride: network pixels per cell.
        map_offset: network coordinate of cell 0; by default (stride − 1)/2, the centre of the
            cell; 0 for published weights.
        relative_gate: minimum score as a fraction of the highest score of the map, 0..1; 0 for
            none. The published decoders have such a gate; it lets a bright target suppress dim
            ones.
        max_points: maximum number of points, the highest scores first; None for no limit.

    Returns:
        Points in network pixels, highest score first.

    Raises:
        ValueError: if a cell is not finite or the threshold is not positive.
    """
    if not threshold > 0:
        raise ValueError(f"threshold must be positive, not {threshold}")
    cells = np.ascontiguousarray(response, np.float32)
    if not np.isfinite(cells).all():
        raise ValueError("the response map has NaN or infinite cells")
    rows, columns = _peaks(cells, threshold / _MAX_GAIN**2)
    if not len(rows):
        return Points.empty()
    (y, x), (gain_y, gain_x) = _vertices(cells, rows, columns)
    # Compared in the precision of the result, so that a score equal to the threshold is kept.
    score = (cells[rows, columns] * gain_x * gain_y).astype(np.float32)
    minimum = np.float32(max(threshold, relative_gate * float(score.max(initial=0.0))))
    order = np.argsort(-score, kind="stable")[: int((score >= minimum).sum())]
    order = order if max_points is None else order[:max_points]
    offset = (stride - 1) / 2 if map_offset is None else map_offset
    xy = np.stack([x, y], axis=1)[order] * stride + offset
    return Points(xy.astype(np.float32), score[order].astype(np.float32))


def _peaks(cells: Response, floor: float) -> tuple[Indices, Indices]:
    """Rows and columns of the 3 × 3 local maxima above ``floor``, one per plateau."""
    height, width = cells.shape
    padded = np.full((height + 2, width + 2), -np.inf, np.float32)
    padded[1:-1, 1:-1] = cells
    across = np.maximum(np.maximum(padded[:, :-2], padded[:, 2:]), padded[:, 1:-1])
    highest = np.maximum(np.maximum(across[:-2], across[2:]), across[1:-1])
    top = (cells >= highest) & (cells > floor)
    rows, columns = np.nonzero(top)
    around = padded[rows[:, None] + 1 + _DOWN, columns[:, None] + 1 + _ACROSS]
    if not (around == cells[rows, columns, None]).any():
        return rows, columns
    return _one_per_plateau(cells, top)


def _one_per_plateau(cells: Response, top: npt.NDArray[np.bool_]) -> tuple[Indices, Indices]:
    """The middle cell of each connected group of equal maxima, unless the group is a shoulder."""
    around = np.ones((3, 3), bool)
    plateaus, count = ndimage.label(top, around)
    # A plateau that continues into a cell with a higher neighbour is a shoulder, not a maximum.
    beside = np.where(top, -np.inf, cells)
    level = ndimage.maximum_filter(beside, footprint=around, mode="constant", cval=-np.inf)
    shoulders = np.unique(plateaus[top & (level == cells)])
    rows, columns = np.nonzero(top)
    group = plateaus[rows, columns]
    weights = np.bincount(group, minlength=count + 1)[group]
    middle_row = np.bincount(group, rows, count + 1)[group] / weights
    middle_column = np.bincount(group, columns, count + 1)[group] / weights
    distance = (rows - middle_row) ** 2 + (columns - middle_column) ** 2
    order = np.lexsort((distance, group))
    first = order[np.unique(group[order], return_index=True)[1]]
    first = np.sort(first[~np.isin(group[first], shoulders)])
    return rows[first], columns[first]


def _vertices(cells: Response, rows: Indices, columns: Indices) -> tuple[Floats, Floats]:
    """Sub-cell rows and columns (2, N), and the ratios (2, N) of the vertices to their peak cells.

    Along each axis, the parabola goes through the peak cell and its two neighbours; at the border,
    through the three cells nearest to it. An axis of fewer cells gives the place of the cell.
    """
    peak = np.stack([rows, columns])
    middle = peak.copy()
    triple = np.empty((3, *peak.shape))
    for axis, length in enumerate(cells.shape):
        steps = np.arange(-1, 2)[:, None] if length >= 3 else np.zeros((3, 1), np.intp)
        if length >= 3:
            middle[axis] = np.clip(peak[axis], 1, length - 2)
        along = middle[axis] + steps
        triple[:, axis] = cells[along, columns] if axis == 0 else cells[rows, along]
    parabola = LogParabola.through(triple)
    start = peak - middle  # 0 except at the border
    step = parabola.vertex(start)
    slope, curvature = parabola.slope, parabola.curvature
    rise = slope * (step - start) + curvature * (step**2 - start**2) / 2
    value = np.take_along_axis(parabola.values, (start + 1)[None], axis=0)[0]
    gain = np.where(parabola.logarithmic, np.exp(rise), 1 + rise / np.where(value > 0, value, 1.0))
    return middle + step, np.clip(gain, 1.0, _MAX_GAIN)
