"""Precision, recall and F1 from counts, with 0/0 defined in one place.

If there are no targets and no predictions, the result is perfect: all three are 1. In every other
case 0/0 is 0: precision if there are targets but no predictions, and recall if there are
predictions but no targets. Therefore F1 = 2·tp / (2·tp + fp + fn) agrees with the other two.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class Ratios(NamedTuple):
    """Fractions in 0..1, each of the shape of the counts."""

    precision: Float64Array
    recall: Float64Array
    f1: Float64Array


def ratios(tp: npt.ArrayLike, fp: npt.ArrayLike, fn: npt.ArrayLike) -> Ratios:
    """Precision, recall and F1 of counts (arrays of one shape, or single numbers)."""
    true, false, missed = (np.asarray(count, dtype=np.float64) for count in (tp, fp, fn))
    nothing = (true + false + missed) == 0
    return Ratios(
        precision=_fraction(true, true + false, nothing),
        recall=_fraction(true, true + missed, nothing),
        f1=_fraction(2 * true, 2 * true + false + missed, nothing),
    )


def _fraction(
    part: Float64Array, whole: Float64Array, nothing: npt.NDArray[np.bool_]
) -> Float64Array:
    return np.where(nothing, 1.0, part / np.where(whole == 0, 1.0, whole))
