"""The record of a figure, and the resampled lists from which its interval is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from irpoint.evaluation.counts import Evaluation
from irpoint.evaluation.ratios import Float64Array, Ratios, ratios

Unit = Literal["percent", "number"]


@dataclass(frozen=True, eq=False)
class Resamples:
    """Resampled lists of images, for the intervals; the sums are float64 (samples,).

    Attributes:
        evaluation: the evaluation of the original images.
        weights: int64 (samples, images) number of times that each image is in each list.
        images: number of images in each list.
        tp, fp, fn: targets found, false points, targets missed.
        pixels: number of pixels of the images.
        distance: sum of the distances of the matched pairs, pixels.
    """

    evaluation: Evaluation
    weights: npt.NDArray[np.int64]
    images: int
    tp: Float64Array
    fp: Float64Array
    fn: Float64Array
    pixels: Float64Array
    distance: Float64Array

    @cached_property
    def ratios(self) -> Ratios:
        """Precision, recall and F1 of each list."""
        return ratios(self.tp, self.fp, self.fn)


@dataclass(frozen=True)
class Figure:
    """One figure: how it is computed, resampled and shown.

    Attributes:
        key: its field in the JSON result.
        value: computes it; a number, or a dictionary whose ``mean`` is shown in tables.
        resampled: computes it for each resampled list, for its 95 % interval; None if it has none.
            Lists for which it is undefined are left out.
        title: heading of its column in tables; empty if it has no column.
        unit: ``percent`` if a fraction 0..1 is shown as a percentage.
        optional: whether the JSON result omits the field if the value is None.
    """

    key: str
    value: Callable[[Evaluation], Any]
    resampled: Callable[[Resamples], Float64Array] | None = None
    title: str = ""
    unit: Unit = "number"
    optional: bool = False

    @staticmethod
    def table_value(value: Any) -> float | None:
        """The number that tables show for a value: itself, or the mean of a dictionary."""
        number: float | None = value["mean"] if isinstance(value, dict) else value
        return number

    def text(self, value: Any) -> str:
        """A value as every table shows it; – if it is undefined."""
        number = self.table_value(value)
        if number is None:
            return "–"
        return f"{100 * number:.2f}" if self.unit == "percent" else _three_digits(number)

    def interval_text(self, bounds: Sequence[float] | None) -> str:
        """A 95 % interval as every table shows it; empty if there is none."""
        if bounds is None:
            return ""
        digits = _percent if self.unit == "percent" else _three_digits
        return "–".join(map(digits, bounds))


def _percent(fraction: float) -> str:
    return "100" if fraction == 1 else f"{100 * fraction:.1f}"


def _three_digits(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:.{digits}f}" if value else "0"
