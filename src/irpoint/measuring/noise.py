"""The noise around each point, measured in its surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.measuring.windows import BoolArray, FloatArray, Windows

CORE = 5  # px around a point that may belong to its target
# The median of the means of rows is below the mean, by this factor for the rows of a window.
_MEDIAN_OF_ROWS = 0.967
_QUANTISATION = 1.0 / 12.0  # counts², variance of rounding to whole counts
_FLOAT_STEP = 1e-7  # relative rounding of a float32 frame


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is around each point.

    Attributes:
        noise: (N,) standard deviation of the noise of a pixel, > 0.
        spread: (N,) standard deviation of the surroundings, noise and clutter together, > 0.
    """

    noise: FloatArray
    spread: FloatArray


def measure_surroundings(windows: Windows, others: BoolArray, dtype: np.dtype[Any]) -> Surroundings:
    """Measure the noise around each point.

    Args:
        windows: windows that are wide enough to show the surroundings.
        others: bool (N, S, S), pixels of other targets.
        dtype: type of the frame, of which integers have rounding noise.
    """
    size = windows.values.shape[1]
    core = np.zeros((size, size), bool)
    inner = slice(windows.half - CORE, windows.half + CORE + 1)
    core[inner, inner] = True
    empty = windows.valid & ~core & ~others
    values = np.where(empty, windows.values, np.nan)
    floor = _floor(windows, dtype)
    cross = np.diff(np.diff(values, 2, axis=1), 2, axis=2)
    noise = np.sqrt(np.maximum(_mean_square(cross) / 36.0, floor))
    count = np.maximum(empty.sum((1, 2)), 1)
    total = np.where(empty, values, 0.0)
    mean = total.sum((1, 2)) / count
    square = np.einsum("nij,nij->n", total, total) / count - mean**2
    return Surroundings(noise, np.sqrt(np.maximum(square, noise**2)))


def _floor(windows: Windows, dtype: np.dtype[Any]) -> FloatArray:
    """(N,) least variance that the numbers of a frame can show."""
    if dtype.kind != "f":
        return np.full(len(windows.offset), _QUANTISATION)
    largest = np.abs(windows.values).max((1, 2), initial=0.0)
    step = _FLOAT_STEP * np.maximum(np.abs(windows.offset), largest)
    return np.asarray(np.maximum(step**2 * _QUANTISATION, np.finfo(float).tiny))


def _mean_square(values: npt.NDArray[np.float64]) -> FloatArray:
    """(N,) mean square of (N, S, T) without NaN, hardly affected by bad pixels; 0 if all are NaN.

    It is the median of the means of the rows.
    """
    square = values * values
    known = np.isfinite(square)
    count = known.sum(2)
    rows = np.where(known, square, 0.0).sum(2) / np.maximum(count, 1)
    rows[count < 3] = np.nan
    few = np.isnan(rows).all(1)
    rows[few] = 0.0
    return np.asarray(np.nanmedian(rows, axis=1) / _MEDIAN_OF_ROWS)
