"""Pairs of places that are near each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


def near_pairs(one: Floats, other: Floats, reach: Floats | float) -> tuple[Indices, Indices]:
    """Indices of all pairs that differ by at most ``reach`` along each axis.

    Args:
        one: (N, 2) places.
        other: (M, 2) places.
        reach: one number, or (N,).

    Returns:
        Index in ``one``, ascending, and index in ``other``, of each pair.
    """
    if not (len(one) and len(other)):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    order = np.argsort(other[:, 0], kind="stable")
    x = other[order, 0]
    low = np.searchsorted(x, one[:, 0] - reach)
    counts = np.searchsorted(x, one[:, 0] + reach, side="right") - low
    rows = np.repeat(np.arange(len(one)), counts)
    first = np.cumsum(counts) - counts
    columns = order[np.arange(len(rows)) - np.repeat(first - low, counts)]
    limit = reach if np.ndim(reach) == 0 else np.asarray(reach)[rows]
    close = np.abs(one[rows, 1] - other[columns, 1]) <= limit
    return rows[close], columns[close]


def is_near(one: Floats, other: Floats, reach: float) -> npt.NDArray[np.bool_]:
    """Whether each of ``one`` (N, 2) is within ``reach`` of any of ``other`` along both axes."""
    near = np.zeros(len(one), bool)
    near[near_pairs(one, other, reach)[0]] = True
    return near


def pairs_within(places: Floats, reach: float) -> tuple[Indices, Indices]:
    """Indices of all pairs of ``places`` (N, 2) that are near each other, each pair both ways."""
    one, other = near_pairs(places, places, reach)
    apart = one != other
    return one[apart], other[apart]
