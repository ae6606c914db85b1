"""The figures of an evaluation. To add one, add a row to :data:`FIGURES`.

The JSON result, the bootstrap intervals, the tables of the terminal and those of the report are
made from this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

from irpoint.evaluation.counts import Evaluation
from irpoint.evaluation.ratios import Float64Array, Ratios, ratios

Unit = Literal["percent", "number"]


@dataclass(frozen=True, eq=False)
class Totals:
    """Sums over resampled lists of images, float64 (samples,) each.

    Attributes:
        images: number of images in each list.
        tp, fp, fn: targets found, false points, targets missed.
        pixels: number of pixels of the images.
        distance: sum of the distances of the matched pairs, pixels.
    """

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
        optional: whether the JSON result lacks the field if the value is None.
    """

    key: str
    value: Callable[[Evaluation], Any]
    resampled: Callable[[Totals], Float64Array] | None = None
    title: str = ""
    unit: Unit = "number"
    optional: bool = False

    @staticmethod
    def table_value(value: Any) -> float | None:
        """The number that tables show for a value: a number itself, a dictionary's mean."""
        number: float | None = value["mean"] if isinstance(value, dict) else value
        return number


def _localisation_error(evaluation: Evaluation) -> dict[str, float | None]:
    error = evaluation.localisation_error
    names = ("mean", "median", "p95", "bias_x", "bias_y")
    return asdict(error) if error else dict.fromkeys(names)


def _mean_distance(totals: Totals) -> Float64Array:
    matched = totals.tp > 0
    return totals.distance[matched] / totals.tp[matched]


FIGURES = (
    Figure("f1", lambda e: e.f1, lambda t: t.ratios.f1, "F1 %", "percent"),
    Figure(
        "precision", lambda e: e.precision, lambda t: t.ratios.precision, "precision %", "percent"
    ),
    Figure("recall", lambda e: e.recall, lambda t: t.ratios.recall, "recall %", "percent"),
    Figure("tp", lambda e: e.tp),
    Figure("fp", lambda e: e.fp),
    Figure("fn", lambda e: e.fn),
    Figure(
        "false_alarms_per_image",
        lambda e: e.false_alarms_per_image,
        lambda t: t.fp / t.images,
        "false / image",
    ),
    Figure(
        "false_alarms_per_mpx",
        lambda e: e.false_alarms_per_mpx,
        lambda t: t.fp / t.pixels * 1e6,
        "false / Mpx",
    ),
    Figure("false_pixels_per_mpx", lambda e: e.false_pixels_per_mpx, optional=True),
    Figure("localisation_error_px", _localisation_error, _mean_distance, "error mean px"),
)
"""Every figure, in the order of the JSON result. The keys are a contract: scripts read them."""

_COLUMN_ORDER = ("precision", "recall")
COLUMNS = sorted(
    (figure for figure in FIGURES if figure.title),
    key=lambda figure: figure.key not in _COLUMN_ORDER,
)
"""The figures with a column in tables: precision and recall first, then the order of FIGURES."""
