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
    values = windows.values
    middle = values[:, 2:-2, 2:-2]
    left, right = values[:, 2:-2, 1:-3], values[:, 2:-2, 3:-1]
    above, below = values[:, 1:-3, 2:-2], values[:, 3:-1, 2:-2]
    highest = np.maximum(np.maximum(left, right), np.maximum(above, below))
    lowest = np.minimum(np.minimum(left, right), np.minimum(above, below))
    unit = noise[:, None, None]
    spikes = np.zeros(values.shape, bool)
    spikes[:, 2:-2, 2:-2] = middle < lowest - _DEEP * unit
    number, row, column = np.nonzero(middle > highest + _HIGH * unit)  # few, so looked at closely
    row, column = row + 2, column + 2

    def mean_at(away: int) -> FloatArray:
        """Mean of the four pixels ``away`` px from each along an axis."""
        beside = values[number, row, column - away] + values[number, row, column + away]
        beside += values[number, row - away, column] + values[number, row + away, column]
        return np.asarray(0.25 * beside)

    around = mean_at(2)
    signal = values[number, row, column] - around
    alone = mean_at(1) - around + 0.7 * _CERTAIN * noise[number] < _LEAST_NEIGHBOURS * signal
    spikes[number[alone], row[alone], column[alone]] = True
    return spikes & windows.valid
