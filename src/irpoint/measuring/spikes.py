"""Hot and dead pixels, which no target can explain."""

from __future__ import annotations

import numpy as np

from irpoint.measuring.windows import BoolArray, FloatArray, Windows

# A pixel in the middle of a target of width 0.5 px has 4.3 times the signal of its neighbours.
_LEAST_NEIGHBOURS = 0.15  # of the signal of a pixel, the mean signal of its four neighbours
_CERTAIN = 3.0  # standard deviations
_HIGH = 5.0  # standard deviations above all four neighbours
_DEEP = 6.0  # standard deviations below all four neighbours


def find_spikes(windows: Windows, noise: FloatArray) -> BoolArray:
    """bool (N, S, S), pixels that stand out of their neighbours more than any target does.

    Args:
        windows: windows in which targets are bright.
        noise: (N,) standard deviation of a pixel.
    """
    values = windows.values / noise[:, None, None]
    spikes = np.zeros(values.shape, bool)
    middle = values[:, 2:-2, 2:-2]
    beside = np.stack(
        [values[:, 1:-3, 2:-2], values[:, 3:-1, 2:-2], values[:, 2:-2, 1:-3], values[:, 2:-2, 3:-1]]
    )
    around = 0.25 * (
        values[:, :-4, 2:-2] + values[:, 4:, 2:-2] + values[:, 2:-2, :-4] + values[:, 2:-2, 4:]
    )
    hot = beside.mean(0) - around + 0.7 * _CERTAIN < _LEAST_NEIGHBOURS * (middle - around)
    hot &= middle > beside.max(0) + _HIGH
    dead = middle < beside.min(0) - _DEEP
    spikes[:, 2:-2, 2:-2] = hot | dead
    return spikes & windows.valid
