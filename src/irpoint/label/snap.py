"""From where a person clicked to where the target is, to a fraction of a pixel."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.decoding.log_parabola import LogParabola

Snap = Literal["off", "peak", "centroid"]
Contrast = Literal["bright", "dark", "either"]

REACH = 4  # px from the click to the furthest target that it can mean
_HAND = 2.0  # px, how far a click usually falls from its target
_FINE, _COARSE = 1.0, 3.0  # px, scales whose difference shows points and hides slopes and clouds
_HALF = 3  # px around a peak that may belong to the target; its background lies beyond
_APERTURE = 1.5  # px, standard deviation of the window whose centre of intensity is taken
_ROUNDS = 8  # the window follows the centroid until it stays
_WANDER = 1.0  # px that a centre of intensity may lie from its peak


def snapped(
    frame: npt.NDArray[Any], xy: tuple[float, float], how: Snap, contrast: Contrast = "bright"
) -> tuple[float, float]:
    """The target that a click means.

    It is the point that stands out most within :data:`REACH` of the click, near ones preferred.

    Args:
        frame: (H, W) pixels, any type.
        xy: the click in frame pixels.
        how: ``off`` leaves the click where it is; ``peak`` refines the extremum by parabolas
            through its neighbours, in the frame smoothed a little against noise; ``centroid`` takes
            the centre of what stands out around it, which suits blobs and flat-topped targets.
        contrast: whether targets are brighter or darker than what is around them; ``either`` takes
            whichever stands out more.

    Returns:
        (x, y) inside the frame; the click itself where nothing stands out there.
    """
    height, width = frame.shape
    x = min(max(xy[0], -0.5), width - 0.5)
    y = min(max(xy[1], -0.5), height - 0.5)
    if how == "off":
        return x, y
    window, left, top = _window(frame, x, y)
    click = (x - left, y - top)
    fine = ndimage.gaussian_filter(window, _FINE, mode="nearest")
    points = fine - ndimage.gaussian_filter(window, _COARSE, mode="nearest")
    peak, sign = _most_prominent(points, click, contrast)
    if peak is None:
        return x, y
    inner = np.minimum(peak, np.array(window.shape[::-1]) - 1 - peak).min() >= 2
    smooth = fine if inner else window  # at the border smoothing moves a peak inwards or out
    found = _parabolas(sign * (smooth - _around(smooth, peak)), peak)
    if how == "centroid":
        found = _centroid(sign * (window - _around(window, peak)), found)
    return (
        float(np.clip(found[0] + left, -0.5, width - 0.5)),
        float(np.clip(found[1] + top, -0.5, height - 0.5)),
    )


def _window(
    frame: npt.NDArray[Any], x: float, y: float
) -> tuple[npt.NDArray[np.float64], int, int]:
    """What matters around a click, and where it begins; what is not finite becomes the median."""
    pad = REACH + 2 * _HALF + 3 * round(_COARSE)
    left, top = max(round(x) - pad, 0), max(round(y) - pad, 0)
    window = frame[top : round(y) + pad + 1, left : round(x) + pad + 1].astype(np.float64)
    finite = np.isfinite(window)
    if not finite.all():
        window[~finite] = np.median(window[finite]) if finite.any() else 0.0
    return window, left, top


def _most_prominent(
    points: npt.NDArray[np.float64], click: tuple[float, float], contrast: Contrast
) -> tuple[tuple[int, int] | None, int]:
    """(column, row) of what stands out most within reach, and its sign; None where nothing does."""
    rows, columns = np.indices(points.shape)
    distance = np.hypot(columns - click[0], rows - click[1])
    likely = np.where(distance <= REACH, np.exp(-((distance / _HAND) ** 2) / 2), 0.0)
    signs = {"bright": (1,), "dark": (-1,), "either": (1, -1)}[contrast]
    best: tuple[float, tuple[int, int] | None, int] = (0.0, None, signs[0])
    for sign in signs:
        weighed = sign * points * likely
        row, column = np.unravel_index(weighed.argmax(), points.shape)
        # Rounding errors of a flat frame are no target.
        if weighed[row, column] > max(best[0], 1e-9 * np.abs(points).max(initial=1.0)):
            top = _climbed(sign * points, int(column), int(row))
            best = (float(weighed[row, column]), top, sign)
    return best[1], best[2]


def _climbed(points: npt.NDArray[np.float64], column: int, row: int) -> tuple[int, int]:
    """The local maximum uphill: nearness has moved the choice down its slope."""
    for _ in range(2):
        left, top = max(column - 1, 0), max(row - 1, 0)
        near = points[top : row + 2, left : column + 2]
        down, right = np.unravel_index(near.argmax(), near.shape)
        column, row = int(left + right), int(top + down)
    return column, row


def _around(window: npt.NDArray[np.float64], peak: tuple[int, int]) -> float:
    """Median of the ring around a peak: its background."""
    rows, columns = np.indices(window.shape)
    far = np.maximum(np.abs(columns - peak[0]), np.abs(rows - peak[1]))
    ring = (far > _HALF) & (far <= 2 * _HALF)
    return float(np.median(window[ring] if ring.any() else window))


def _parabolas(excess: npt.NDArray[np.float64], peak: tuple[int, int]) -> tuple[float, float]:
    """Vertex of a parabola through the logarithms of the peak and its neighbours, along each axis.

    Exact for a Gaussian; plain values where a neighbour does not stand out.
    """
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
    """Centre of what stands out, under a Gaussian that moves along until it stays.

    The peak itself where the Gaussian wanders off: then it was drawn away by a cloud's edge.
    """
    rows, columns = np.indices(excess.shape)
    weight = np.clip(excess, 0, None)
    x, y = peak
    for _ in range(_ROUNDS):
        held = weight * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * _APERTURE**2))
        total = held.sum()
        if not total > 0:
            return peak
        # Under a Gaussian the step to the centre is shortened by its width; twice is nearly right.
        step = (held * columns).sum() / total - x, (held * rows).sum() / total - y
        x, y = float(x + 2 * step[0]), float(y + 2 * step[1])
        if np.hypot(x - peak[0], y - peak[1]) > _WANDER:
            return peak
    return x, y
