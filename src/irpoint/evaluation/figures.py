"""The figures of an evaluation. To add one, write a function and add a row to :data:`FIGURES`.

The JSON result, the bootstrap intervals, the tables of the terminal and those of the report are
made from this table.
"""

from __future__ import annotations

import math
from dataclasses import asdict

from irpoint.evaluation.counts import Evaluation
from irpoint.evaluation.figure import Figure, Resamples
from irpoint.evaluation.ratios import Float64Array


def _localisation_error(evaluation: Evaluation) -> dict[str, float | None]:
    error = evaluation.localisation_error
    names = ("mean", "median", "p95", "bias_x", "bias_y")
    return asdict(error) if error else dict.fromkeys(names)


def _mean_distance(lists: Resamples) -> Float64Array:
    matched = lists.tp > 0
    return lists.distance[matched] / lists.tp[matched]


def _ratio(name: str, title: str) -> Figure:
    """Precision, recall or F1; None without targets."""

    def value(evaluation: Evaluation) -> float | None:
        fraction = float(getattr(evaluation, name))
        return None if math.isnan(fraction) else fraction

    return Figure(name, value, lambda r: getattr(r.ratios, name), title, "percent")


FIGURES = [
    _ratio("f1", "F1 %"),
    _ratio("precision", "precision %"),
    _ratio("recall", "recall %"),
    Figure("tp", lambda e: e.tp),
    Figure("fp", lambda e: e.fp),
    Figure("fn", lambda e: e.fn),
    Figure(
        "false_alarms_per_image",
        lambda e: e.false_alarms_per_image,
        lambda r: r.fp / r.images,
        "false / image",
    ),
    Figure(
        "false_alarms_per_mpx",
        lambda e: e.false_alarms_per_mpx,
        lambda r: r.fp / r.pixels * 1e6,
        "false / Mpx",
    ),
    Figure("false_pixels_per_mpx", lambda e: e.false_pixels_per_mpx, optional=True),
    Figure("localisation_error_px", _localisation_error, _mean_distance, "error mean px"),
]
"""Every figure, in the order of the JSON result. The keys are a contract: scripts read them."""


def table_columns() -> list[Figure]:
    """The figures with a column in tables: precision and recall first, then as in FIGURES."""
    shown = [figure for figure in FIGURES if figure.title]
    return sorted(shown, key=lambda figure: figure.key not in ("precision", "recall"))
