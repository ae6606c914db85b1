"""A classical filter over time: the difference from a temporal median, and a matched filter."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.tracking.motion import Motion

Floats = npt.NDArray[np.float64]
Plane = npt.NDArray[np.float32]
_EVERY, _KEPT = 4, 5  # frames of which the median is: each fourth of the last twenty
_SIGMA = 1.0  # px, of a target
_DEVIATION = 41  # px, window in which the deviation of the statistic is measured
_MOST = 60  # peaks per frame


class MedianFilter:
    """Subtracts the median of earlier frames, which holds still what the camera's motion moves.

    After the difference, a filter of the target's shape, over its own deviation in a window, gives
    a statistic in deviations.
    """

    def __init__(self) -> None:
        self._earlier: deque[tuple[Plane, Floats]] = deque(maxlen=_KEPT)
        self._place = np.zeros(2)  # of the image's content, since the first frame
        self._number = 0

    def __call__(self, frame: npt.NDArray[Any], motion: Motion | None) -> Floats:
        """Peaks (N, 3) of x, y and statistic, the highest first; none before the third frame."""
        if motion is not None:
            self._place = self._place + np.array([motion.x, motion.y])
        pixels = frame.astype(np.float32)
        peaks = np.empty((0, 3))
        if len(self._earlier) >= 3:
            aligned = [_moved(old, self._place - place) for old, place in self._earlier]
            peaks = _peaks(np.asarray(pixels - np.median(aligned, axis=0), np.float32))
        if self._number % _EVERY == 0:
            self._earlier.append((pixels, self._place))
        self._number += 1
        return peaks


def _moved(pixels: Plane, shift: Floats) -> Plane:
    x, y = np.rint(shift).astype(int)
    return np.roll(pixels, (y, x), axis=(0, 1))


def _peaks(difference: Plane) -> Floats:
    filtered = ndimage.gaussian_filter(difference, _SIGMA)
    filtered -= ndimage.uniform_filter(filtered, 15)
    statistic = filtered / np.sqrt(ndimage.uniform_filter(filtered**2, _DEVIATION) + 1e-12)
    rows, columns = np.nonzero(
        (statistic == ndimage.maximum_filter(statistic, 7)) & (statistic > 2.5)
    )
    score = statistic[rows, columns]
    best = np.argsort(-score)[:_MOST]
    return np.stack([columns[best], rows[best], score[best]], axis=1)
