"""The centroid of one target, whether it is extended or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.measuring.extended import HALF, find_blobs
from irpoint.measuring.scene import Scene
from irpoint.measuring.windows import FloatArray, middle
from irpoint.points import Points

_STEP, _WINDOW = 24, 28  # px, as for the extended targets of measure()
_CLEAR = 6.0  # standard deviations


def measure_centroid(
    frame: npt.NDArray[Any], point: Points
) -> tuple[FloatArray, FloatArray, float] | None:
    """Measure the centroid of the connected bright pixels, or dark ones, around a point.

    Args:
        frame: (H, W) counts of any numeric type.
        point: one point of this frame, with its polarity.

    Returns:
        The centroid (2,) in frame pixels, its covariance (2, 2) in px², and the width of the target
        in px; None if the target does not stand out, or not all of it is visible.
    """
    view = Scene(frame, point, None).look(np.arange(1), point.xy, step=_STEP, half=_WINDOW)
    windows = view.windows.middle(HALF, np.zeros((1, 2), np.int64))
    good = windows.valid & ~middle(view.spikes, HALF)  # beside a hot pixel, no target is whole
    with np.errstate(all="ignore"):  # of windows without a target
        blob = find_blobs(windows, good, view.around.quiet)
    clear = blob.whole & (blob.peak > _CLEAR * view.around.quiet) & np.isfinite(blob.width)
    return (blob.xy[0], blob.covariance[0], float(blob.width[0])) if clear[0] else None
