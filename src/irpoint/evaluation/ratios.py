"""Precision, recall and F1 from counts, with 0/0 defined in one place.

Without targets, all three are undefined, that is nan: there is nothing to find, and only false
alarms can be counted. With targets but without predictions, precision is 0, and so is F1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class Ratios(NamedTuple):
    """Fractions in 0..1, each of the shape of the counts; nan without targets."""

    precision: Float64Array
    recall: Float64Array
    f1: Float64Array


def ratios(tp: npt.ArrayLike, fp: npt.ArrayLike, fn: npt.ArrayLike) -> Ratios:
    """Precision, recall and F1 of counts (arrays of one shape, or single numbers)."""
    true, false, missed = (np.asarray(count, dtype=np.float64) for count in (tp, fp, fn))
    empty = true + missed == 0
    return Ratios(
        precision=_fraction(true, true + false, empty),
        recall=_fraction(true, true + missed, empty),
        f1=_fraction(2 * true, 2 * true + false + missed, empty),
    )


def _fraction(
    part: Float64Array, whole: Float64Array, empty: npt.NDArray[np.bool_]
) -> Float64Array:
    return np.where(empty, np.nan, part / np.where(whole == 0, 1.0, whole))
