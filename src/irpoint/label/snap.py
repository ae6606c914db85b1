"""From where a person clicked to where the target is, to a fraction of a pixel."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Snap = Literal["off", "peak", "centroid"]
Contrast = Literal["bright", "dark", "either"]

REACH = 4  # px from the click to the furthest extremum that it can mean
_HALF = 3  # px, half side of the window whose centre of intensity is taken
_ROUNDS = 6  # the window follows the centroid until it stays


def snapped(
    frame: npt.NDArray[Any], xy: tuple[float, float], how: Snap, contrast: Contrast = "bright"
) -> tuple[float, float]:
    """The target that a click means.

    Args:
        frame: (H, W) pixels, any type.
        xy: the click in frame pixels.
        how: ``off`` leaves the click where it is; ``peak`` takes the strongest pixel within
            :data:`REACH` and refines it by parabolas through its neighbours; ``centroid`` takes the
            centre of what stands out around that pixel, which suits blobs and flat-topped targets.
        contrast: whether targets are brighter or darker than what is around them; ``either`` takes
            whichever differs more.

    Returns:
        (x, y) inside the frame; the click itself where nothing stands out there.
    """
    height, width = frame.shape
    x = min(max(xy[0], -0.5), width - 0.5)
    y = min(max(xy[1], -0.5), height - 0.5)
    if how == "off":
        return x, y
    column, row = min(round(max(x, 0)), width - 1), min(round(max(y, 0)), height - 1)
    pad = REACH + 2 * _HALF
    window, left, top = _window(frame, column, row, pad)
    if not np.isfinite(window).all():
        window = np.nan_to_num(window, nan=float(np.nanmedian(window)))
    excess = _excess(window, (column - left, row - top), contrast)
    peak = _strongest(excess, (x - left, y - top))
    if peak is None:
        return x, y
    found = _parabolas(excess, peak) if how == "peak" else _centroid(excess, peak)
    return (
        float(np.clip(found[0] + left, -0.5, width - 0.5)),
        float(np.clip(found[1] + top, -0.5, height - 0.5)),
    )


def _window(
    frame: npt.NDArray[Any], column: int, row: int, pad: int
) -> tuple[npt.NDArray[np.float64], int, int]:
    left, top = max(column - pad, 0), max(row - pad, 0)
    return frame[top : row + pad + 1, left : column + pad + 1].astype(np.float64), left, top


def _excess(
    window: npt.NDArray[np.float64], at: tuple[int, int], contrast: Contrast
) -> npt.NDArray[np.float64]:
    """What stands out of the window's median, as positive values."""
    above = window - np.median(window)
    if contrast == "either":
        near = above[max(at[1] - REACH, 0) : at[1] + REACH + 1,
                     max(at[0] - REACH, 0) : at[0] + REACH + 1]  # fmt: skip
        contrast = "dark" if -near.min() > near.max() else "bright"
    return -above if contrast == "dark" else above


def _strongest(
    excess: npt.NDArray[np.float64], click: tuple[float, float]
) -> tuple[int, int] | None:
    """(column, row) of the strongest pixel within reach; of equal ones the nearest to the click."""
    rows, columns = np.indices(excess.shape)
    distance = np.hypot(columns - click[0], rows - click[1])
    within = np.where(distance <= REACH, excess, -np.inf)
    best = within.max()
    if not best > 0:
        return None
    row, column = np.unravel_index(
        np.where(within == best, distance, np.inf).argmin(), excess.shape
    )
    return int(column), int(row)


def _parabolas(excess: npt.NDArray[np.float64], peak: tuple[int, int]) -> tuple[float, float]:
    """Vertex of a parabola through the logarithms of the peak and its neighbours, along each axis.

    Exact for a Gaussian; plain values where a neighbour does not stand out.
    """
    column, row = peak
    return (
        column + _vertex(excess[row, max(column - 1, 0) : column + 2], column),
        row + _vertex(excess[max(row - 1, 0) : row + 2, column], row),
    )


def _vertex(three: npt.NDArray[np.float64], at: int) -> float:
    if len(three) < 3 or at == 0:
        return 0.0
    values = np.log(three) if (three > 0).all() else three
    bend = values[0] - 2 * values[1] + values[2]
    if not bend < 0:
        return 0.0
    return float(np.clip((values[0] - values[2]) / (2 * bend), -0.5, 0.5))


def _centroid(excess: npt.NDArray[np.float64], peak: tuple[int, int]) -> tuple[float, float]:
    """Centre of what exceeds a quarter of the peak, in a window that moves along until it stays."""
    rows, columns = np.indices(excess.shape)
    weight = np.clip(excess - excess[peak[1], peak[0]] / 4, 0, None)
    x, y = float(peak[0]), float(peak[1])
    for _ in range(_ROUNDS):
        # A soft rim: pixels enter by the share of them that the window covers.
        share = np.clip(_HALF + 0.5 - np.abs(columns - x), 0, 1) * np.clip(
            _HALF + 0.5 - np.abs(rows - y), 0, 1
        )
        held = weight * share
        total = held.sum()
        x, y = float((held * columns).sum() / total), float((held * rows).sum() / total)
    return x, y
