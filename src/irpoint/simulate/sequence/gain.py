"""Gain control of a sequence: the levels follow the scene slowly."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from irpoint.simulate.sensor import agc_levels

EVERY = 8  # frames between two measurements
_MEMORY = 6  # measurements that count
_DECAY = 0.5  # weight of a measurement over that of the next one

Pair = npt.NDArray[np.float64]


class SmoothGain:
    """Levels of automatic gain control that depend on the frames before, as in a camera.

    They are measured in every eighth frame, averaged over about 16 frames back, and interpolated.
    The levels of a frame depend on the sequence only, so frames can be made in any order.

    Args:
        counts: counts of a frame by its number, without noise.
        min_span: see :func:`irpoint.simulate.sensor.agc_levels`.
    """

    def __init__(self, counts: Callable[[int], npt.NDArray[np.floating]], min_span: float) -> None:
        self._measured = lru_cache(maxsize=4 * _MEMORY)(
            lambda step: np.array(agc_levels(counts(step * EVERY), min_span))
        )

    def levels(self, frame: int) -> tuple[float, float]:
        """Middle and span, in counts, of the scale of a frame."""
        step, share = divmod(frame, EVERY)
        weight = share / EVERY
        middle, span = (1 - weight) * self._smooth(step - 1) + weight * self._smooth(step)
        return float(middle), float(span)

    def _smooth(self, step: int) -> Pair:
        weights = _DECAY ** np.arange(_MEMORY)
        # Before the first frame, the camera has looked at it for long.
        pairs = [self._measured(max(0, step - back)) for back in range(_MEMORY)]
        return np.asarray(weights @ np.stack(pairs) / weights.sum())
