"""Which of several points in one place to keep: the one with the highest score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from irpoint.points import Points

Pairs = npt.NDArray[np.intp]
Rivals = Callable[[Pairs], npt.NDArray[np.bool_]]
"""Pairs of points (P, 2) → whether only one of each pair may stay, (P,)."""


def strongest_in_place(points: Points, radius: float, rivals: Rivals) -> npt.NDArray[np.bool_]:
    """Which points (N,) have no kept, higher-scored rival within ``radius`` px.

    Args:
        points: highest score first.
        radius: distance in pixels, inclusive.
        rivals: decides which pairs of close points are rivals.
    """
    keep = np.ones(len(points), bool)
    if len(points) < 2:
        return keep
    from scipy.spatial import cKDTree  # here, because it imports slowly and is rarely needed

    pairs = cKDTree(points.xy).query_pairs(radius, output_type="ndarray")
    opposed = pairs[rivals(pairs)]
    # By their second point, so that the first is decided before it decides on others.
    for higher, lower in opposed[np.argsort(opposed[:, 1], kind="stable")].tolist():
        keep[lower] &= not keep[higher]
    return keep
