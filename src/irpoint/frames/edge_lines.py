"""Lines at the edges of a frame that show no scene: borders, telemetry, edges of a resampling."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from irpoint.frames.arrays import Frame

# Lines of telemetry, and edge lines of a resampled picture.
_MAX_LINES = 8
_MIN_LINES = 16  # of a frame; fewer do not show how much lines differ
_SAMPLED = 512  # about this number of pixels shows how much two lines differ
_CALM = 4  # lines inside of them that do not differ abruptly
_INSIDE = 16  # lines inside the frame that show how much lines differ
_LINE_RATIO = 6.0  # difference from the next line, over that of lines inside the frame
# A border has one value, up to the noise of the electronics. Not one pixel may differ more, because
# it might be a target in a clipped sky.
_NOISE = 8  # counts
_NOISE_FRACTION = 0.02  # of the step to the scene, as the covered columns of a detector have
_CONTINUES = 0.5  # fraction of such values in a line of scene


def find_edge_lines(frame: Frame) -> tuple[int, int, int, int]:
    """Number of lines at the top, bottom, left and right of a frame (H, W) that show no scene.

    Such a line has one value throughout, or differs from the next line far more than lines inside
    the frame differ from each other.
    """
    top, bottom = (_foreign_lines(rows) for rows in (frame, frame[::-1]))
    inner = frame[top : frame.shape[0] - bottom].T
    left, right = (_foreign_lines(rows) for rows in (inner, inner[::-1]))
    return top, bottom, left, right


def _foreign_lines(rows: Frame) -> int:
    """Number of foreign rows at the top of a frame (H, W)."""
    constant = _constant_rows(rows)
    return constant + _unlike_rows(rows[constant:])


def _constant_rows(rows: Frame) -> int:
    """Number of rows at the top that have one value, if the next row is unlike it."""
    if _varies(rows[0], rows[len(rows) // 2]):
        return 0
    value = float(np.median(rows[0]))
    inside = float(np.median(rows[len(rows) // 2]))
    if not (np.isfinite(value) and np.isfinite(inside)):
        return 0
    noise = max(_NOISE if rows.dtype.kind in "ui" else 0, _NOISE_FRACTION * abs(inside - value))
    least, most = value - noise, value + noise
    limit, count, size = len(rows) // 3, 0, 1
    while count < limit:  # in growing steps, so that the first row alone decides in most frames
        part = rows[count : count + size]
        constant = (part.min(axis=1) >= least) & (part.max(axis=1) <= most)
        if not constant.all():
            count += int(np.argmin(constant))
            break
        count, size = count + len(part), 4 * size
    if not 0 < count < limit:
        return 0
    # Below the border of a picture, the scene has other values. A calm or clipped sky continues.
    like = (rows[count] >= least) & (rows[count] <= most)
    return count if np.mean(like) < _CONTINUES else 0


def _varies(outer: Frame, inner: Frame) -> bool:
    """Whether an outer row has more than one value, whatever the medians of the two rows are.

    It saves the medians in most frames.
    """
    low, high = float(outer.min()), float(outer.max())
    step = max(float(inner.max()) - low, high - float(inner.min()))
    noise = max(_NOISE if outer.dtype.kind in "ui" else 0, _NOISE_FRACTION * step)
    return high - low > 2.01 * noise  # False if a value is not finite


def _unlike_rows(rows: Frame) -> int:
    """Number of rows at the top that differ abruptly from those below."""
    height = len(rows)
    rows = rows[:, :: max(1, rows.shape[1] // _SAMPLED)]
    lines = min(_MAX_LINES, height // 8)
    if height < _MIN_LINES:
        return 0
    compared = _compared_rows(height, lines)
    both = _difference(rows[compared], rows[compared + 1])
    inside, difference = both[:_INSIDE], both[_INSIDE:]
    least = _LINE_RATIO * max(float(np.sort(inside)[-3]), 1e-30)  # a few cross a real edge
    jumps = np.flatnonzero(difference > least)
    # Text near the edge also differs abruptly, but further inside too.
    if not jumps.size or jumps[-1] >= lines:
        return 0
    count = int(jumps[-1]) + 1
    foreign, difference = rows[:count], difference[:count]
    # Rows of a scene that are like each other, such as those of a deck, are scene.
    constant = foreign.min(axis=1) == foreign.max(axis=1)
    separate = (difference > least) | (difference == 0) | constant
    unlike = _difference(foreign, rows[count]) > least
    return count if (separate & unlike).all() else 0


@lru_cache
def _compared_rows(height: int, lines: int) -> npt.NDArray[np.intp]:
    """Rows that are compared with the next one: 16 spread over the frame, then the outer ones."""
    spread = np.linspace(0.1 * height, 0.9 * height, _INSIDE).astype(np.intp)
    return np.concatenate([spread, np.arange(lines + _CALM)])


def _difference(one: Frame, other: Frame) -> npt.NDArray[np.float32]:
    """Mean absolute difference of each pair of rows; 0 if a value is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart: npt.NDArray[np.float32] = one.astype(np.float32) - other.astype(np.float32)
        difference: npt.NDArray[np.float32] = np.abs(apart, out=apart).mean(axis=1)
    if one.dtype.kind == "f":
        difference = np.nan_to_num(difference, nan=0.0, posinf=0.0)
    return difference
