"""Peaks → measured points: one point per target, inside the frame."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.measurement import Flag, Measurement
from irpoint.measuring import measure
from irpoint.points import Points
from irpoint.runtime.in_place import Pairs, strongest_in_place

# Two targets this close form one peak, so two points that are measured here are one target.
_SAME_TARGET_PX = 0.5
_SPOILS_PX = 6.0  # from a false point to a target that is not measured because of it


def measure_distinct(
    frame: npt.NDArray[Any],
    points: Points,
    foreign: npt.NDArray[np.bool_] | None,
    fallback_std: float,
) -> Points:
    """Measure points, see :func:`irpoint.measuring.measure`; keep one point per target.

    Of points of one polarity within half a pixel of each other, the one with the highest score
    stays. A place outside of the frame becomes the nearest one at its edge.

    Args:
        frame: (H, W), in counts.
        points: highest score first.
        foreign: bool (H, W), pixels to leave out; None if there are none.
        fallback_std: deviation of points that cannot be measured, px.
    """
    while True:
        found = _measure(frame, points, foreign, fallback_std)
        kept = _distinct(found)
        if kept.all():
            limit = np.array(frame.shape[::-1]) - 0.5
            return replace(found, xy=np.clip(found.xy, -0.5, limit))
        points = points[kept]  # measured again, since the others took a part of the signal


def unmeasured(points: Points, fallback_std: float) -> Points:
    """Points that keep their positions, whose deviation is ``fallback_std``."""
    places = points.xy.astype(np.float64)
    return replace(points, measured=Measurement.unmeasured(places, fallback_std))


def _measure(
    frame: npt.NDArray[Any],
    points: Points,
    foreign: npt.NDArray[np.bool_] | None,
    fallback_std: float,
) -> Points:
    """Measure points; those that spoil each other's fit again, without the weaker ones.

    A false point beside a target is fitted together with it, which may fail for both.
    """
    found = measure(frame, points, foreign, fallback_std)
    failed = _failed(found)
    leading = strongest_in_place(
        points, _SPOILS_PX, lambda pairs: failed[pairs[:, 0]] & failed[pairs[:, 1]]
    )
    if leading.all():
        return found
    alone = measure(frame, points[leading], foreign, fallback_std)
    assert alone.measured is not None
    blended = failed[leading] & ~_failed(alone)
    flags = alone.measured.flags | np.where(blended, np.uint8(Flag.BLENDED), np.uint8(0))
    alone = replace(alone, measured=replace(alone.measured, flags=flags))
    order = np.argsort(np.concatenate([np.flatnonzero(~leading), np.flatnonzero(leading)]))
    return Points.joined([found[~leading], alone])[order]


def _failed(points: Points) -> npt.NDArray[np.bool_]:
    """Which points (N,) could not be measured."""
    assert points.measured is not None
    return points.measured.has(Flag.UNMEASURED)


def _distinct(points: Points) -> npt.NDArray[np.bool_]:
    """Which points (N,) are the first on their target."""
    failed = _failed(points)

    def on_one_target(pairs: Pairs) -> npt.NDArray[np.bool_]:
        same = points.dark[pairs[:, 0]] == points.dark[pairs[:, 1]]
        placed: npt.NDArray[np.bool_] = same & ~failed[pairs].any(axis=1)
        return placed

    return strongest_in_place(points, _SAME_TARGET_PX, on_one_target)
