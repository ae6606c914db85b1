"""Snap a click to the target next to it, with sub-pixel accuracy."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.decoding.log_parabola import LogParabola

Snap = Literal["off", "peak", "centroid"]
Contrast = Literal["bright", "dark", "either"]

REACH = 4  # px, maximum distance from a click to its target
_CLICK_SIGMA = 2.0  # px, usual distance from a click to its target
# px, scales of a difference of Gaussians: it responds to points, but not to gradients and clouds.
_FINE_SIGMA, _COARSE_SIGMA = 1.0, 3.0
_TARGET_HALF = 3  # px around a peak that may belong to the target; its background is outside
_APERTURE_SIGMA = 1.5  # px, weighting window of the centroid
_CENTROID_STEPS = 8
_MAX_CENTROID_SHIFT = 1.0  # px from the peak


def snap_click(
    frame: npt.NDArray[Any], xy: tuple[float, float], how: Snap, contrast: Contrast = "bright"
) -> tuple[float, float]:
    """Find the target that a click refers to.

    It is the most prominent point within :data:`REACH` of the click. Nearer points are preferred.

    Args:
        frame: (H, W) pixels of any type.
        xy: the click in frame pixels.
        how: ``peak`` refines the extremum by a log-parabola along each axis, in a slightly smoothed
            frame. ``centroid`` returns the centre of the intensity around it, which suits blobs and
            saturated targets. ``off`` returns the click.
        contrast: whether targets are brighter or darker than their surroundings; ``either`` selects
            whichever is more prominent.

    Returns:
        (x, y) inside the frame; the click itself if there is no target.
    """
    height, width = frame.shape
    x = min(max(xy[0], -0.5), width - 0.5)
    y = min(max(xy[1], -0.5), height - 0.5)
    if how == "off":
        return x, y
    window, left, top = _window(frame, x, y)
    click = (x - left, y - top)
    fine = ndimage.gaussian_filter(window, _FINE_SIGMA, mode="nearest")
    prominence = fine - ndimage.gaussian_filter(window, _COARSE_SIGMA, mode="nearest")
    peak, sign = _most_prominent(prominence, click, contrast)
    if peak is None:
        return x, y
    inner = np.minimum(peak, np.array(window.shape[::-1]) - 1 - peak).min() >= 2
    smooth = fine if inner else window  # smoothing would shift a peak at the border
    found = _refine(sign * (smooth - _background(smooth, peak)), peak)
    if how == "centroid":
        found = _centroid(sign * (window - _background(window, peak)), found)
    return (
        float(np.clip(found[0] + left, -0.5, width - 0.5)),
        float(np.clip(found[1] + top, -0.5, height - 0.5)),
    )


def _window(
    frame: npt.NDArray[Any], x: float, y: float
) -> tuple[npt.NDArray[np.float64], int, int]:
    """The surroundings of a click and their first column and row.

    Pixels that are not finite are replaced by the median.
    """
    pad = REACH + 2 * _TARGET_HALF + 3 * round(_COARSE_SIGMA)
    left, top = max(round(x) - pad, 0), max(round(y) - pad, 0)
    window = frame[top : round(y) + pad + 1, left : round(x) + pad + 1].astype(np.float64)
    finite = np.isfinite(window)
    if not finite.all():
        window[~finite] = np.median(window[finite]) if finite.any() else 0.0
    return window, left, top


def _most_prominent(
    prominence: npt.NDArray[np.float64], click: tuple[float, float], contrast: Contrast
) -> tuple[tuple[int, int] | None, int]:
    """(column, row) and sign of the most prominent point within reach; None if there is none."""
    rows, columns = np.indices(prominence.shape)
    distance = np.hypot(columns - click[0], rows - click[1])
    likely = np.where(distance <= REACH, np.exp(-((distance / _CLICK_SIGMA) ** 2) / 2), 0.0)
    signs = {"bright": (1,), "dark": (-1,), "either": (1, -1)}[contrast]
    best: tuple[float, tuple[int, int] | None, int] = (0.0, None, signs[0])
    for sign in signs:
        weighted = sign * prominence * likely
        row, column = np.unravel_index(weighted.argmax(), prominence.shape)
        # The bound excludes rounding errors in a flat frame.
        if weighted[row, column] > max(best[0], 1e-9 * np.abs(prominence).max(initial=1.0)):
            top = _local_maximum(sign * prominence, int(column), int(row))
            best = (float(weighted[row, column]), top, sign)
    return best[1], best[2]


def _local_maximum(values: npt.NDArray[np.float64], column: int, row: int) -> tuple[int, int]:
    """The local maximum near a pixel. The weights have shifted the pixel down its slope."""
    for _ in range(2):
        left, top = max(column - 1, 0), max(row - 1, 0)
        near = values[top : row + 2, left : column + 2]
        down, right = np.unravel_index(near.argmax(), near.shape)
        column, row = int(left + right), int(top + down)
    return column, row


def _background(window: npt.NDArray[np.float64], peak: tuple[int, int]) -> float:
    """Median of the ring around a peak."""
    rows, columns = np.indices(window.shape)
    distance = np.maximum(np.abs(columns - peak[0]), np.abs(rows - peak[1]))
    ring = (distance > _TARGET_HALF) & (distance <= 2 * _TARGET_HALF)
    return float(np.median(window[ring] if ring.any() else window))


def _refine(excess: npt.NDArray[np.float64], peak: tuple[int, int]) -> tuple[float, float]:
    """Sub-pixel position of a peak, by a log-parabola along each axis."""
    column, row = peak
    return (
        column + _vertex(excess[row, max(column - 1, 0) : column + 2], column),
        row + _vertex(excess[max(row - 1, 0) : row + 2, column], row),
    )


def _vertex(samples: npt.NDArray[np.float64], at: int) -> float:
    """Offset of the vertex from the middle sample; 0 at the border of the window."""
    if len(samples) < 3 or at == 0:
        return 0.0
    return float(LogParabola.through(samples).vertex(reach=0.5))


def _centroid(excess: npt.NDArray[np.float64], peak: tuple[float, float]) -> tuple[float, float]:
    """Centre of the intensity in a Gaussian window, which is centred on the result repeatedly.

    Returns the peak if the window moves too far, as it does at the edge of a cloud.
    """
    rows, columns = np.indices(excess.shape)
    weight = np.clip(excess, 0, None)
    x, y = peak
    for _ in range(_CENTROID_STEPS):
        squared = (columns - x) ** 2 + (rows - y) ** 2
        weighted = weight * np.exp(-squared / (2 * _APERTURE_SIGMA**2))
        total = weighted.sum()
        if not total > 0:
            return peak
        # The window shortens the step to the centre; doubling the step nearly compensates for that.
        step = (weighted * columns).sum() / total - x, (weighted * rows).sum() / total - y
        x, y = float(x + 2 * step[0]), float(y + 2 * step[1])
        if np.hypot(x - peak[0], y - peak[1]) > _MAX_CENTROID_SHIFT:
            return peak
    return x, y
