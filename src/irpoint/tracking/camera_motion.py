"""The camera's motion where a frame does not tell it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from irpoint.tracking.motion import Motion

Floats = npt.NDArray[np.float64]
_WEIGHT = 0.1  # of the latest shift in their mean
_MOST = 5  # frames in a row; after more, the camera may do anything


class CameraMotion:
    """Bridges frames of unknown motion with the mean and the spread of the shifts before."""

    def __init__(self) -> None:
        self._mean: Floats | None = None
        self._variance: Floats = np.zeros(2)
        self._bridged = 0

    def __call__(self, measured: Motion | None) -> Motion | None:
        """The motion of the next frame, given what was measured; None if nothing is known."""
        if measured is not None:
            self._learn(np.array([measured.x, measured.y]))
            return measured
        self._bridged += 1
        if self._mean is None or self._bridged > _MOST:
            return None
        return Motion(*self._mean.tolist(), *np.sqrt(self._variance).tolist())

    def _learn(self, shift: Floats) -> None:
        self._bridged = 0
        if self._mean is None:
            self._mean = shift
            return
        off = shift - self._mean
        self._mean = self._mean + _WEIGHT * off
        self._variance = (1 - _WEIGHT) * (self._variance + _WEIGHT * off**2)
