"""Pixels of a frame that show no scene: borders, telemetry, nodata areas, burnt-in text."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.frames.arrays import Frame
from irpoint.frames.edge_lines import find_edge_lines
from irpoint.frames.levels import Mask
from irpoint.frames.overlaid import find_overlaid


def find_foreign(frame: Frame, ignored: npt.NDArray[Any] | None = None) -> Mask | None:
    """Find the pixels that show no scene.

    Args:
        frame: (H, W), any integer or float type. Values that are not finite are foreign.
        ignored: (H, W) mask of pixels that the user excludes; those that are not zero are foreign.

    Returns:
        bool (H, W), True for foreign pixels; None if there are none.
    """
    parts = [_not_finite(frame), None if ignored is None else ignored != 0]
    top, bottom, left, right = find_edge_lines(frame)
    height, width = frame.shape
    inner = (slice(top, height - bottom), slice(left, width - right))
    if top or bottom or left or right:
        edge = np.ones(frame.shape, bool)
        edge[inner] = False
        parts.append(edge)
    inside = find_overlaid(frame[inner])
    if inside is not None:
        whole = np.zeros(frame.shape, bool)
        whole[inner] = inside
        parts.append(whole)
    found = [part for part in parts if part is not None]
    return np.logical_or.reduce(found) if found else None


def _not_finite(frame: Frame) -> Mask | None:
    if frame.dtype.kind != "f":
        return None
    bad: Mask = ~np.isfinite(frame)
    return bad if bad.any() else None
