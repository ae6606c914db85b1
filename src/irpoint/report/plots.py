"""The plots of a report: axes and data; the page draws them. Axes are the same for all models."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from irpoint.evaluation.coverage import NOMINAL, Coverage
from irpoint.evaluation.intervals import wilson_interval
from irpoint.evaluation.recall_text import range_of
from irpoint.report.breakdown import Classes, Share
from irpoint.report.model import ReportedModel
from irpoint.zoo import RecallBin

_NOTHING = (None, None, None)
_EVERY = "All thresholds, each matched separately. The dot is the threshold of the slider."

Style = Literal["line", "step", "dots", "intervals", "bars"]


@dataclass(frozen=True)
class Axis:
    """An axis; ``names`` are those of classes at 0, 1, 2, …"""

    label: str
    low: float
    high: float
    log: bool = False
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Series:
    """Data of one model (its number; None is no model): points (x, y) or (x, y, low, high)."""

    model: int | None
    style: Style
    points: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Plot:
    """A plot.

    Attributes:
        key: its name in the page.
        title: heading.
        x, y: the axes.
        series: what does not depend on the threshold.
        note: what is to be known to read it; may be empty.
        live: name of the data of each model that depend on the threshold; empty if there are none.
        column: for classes, first column of (y, low, high) in those data.
        square: whether a unit is equally long on both axes.
        only: number of the only model that it shows; None shows all.
    """

    key: str
    title: str
    x: Axis
    y: Axis
    series: Sequence[Series] = field(default_factory=tuple)
    note: str = ""
    live: str = ""
    column: int | None = None
    square: bool = False
    only: int | None = None

    def data(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def curves(models: Sequence[ReportedModel]) -> list[Plot]:
    """FROC, precision against recall, and F1 against the threshold; nothing without targets."""
    first = models[0]
    if not first.evaluation.targets:
        return []
    least = 0.5e6 / first.sweep.pixels  # stands for 0 on a logarithmic axis
    most = max(float(model.sweep.false_alarms_per_mpx[-1]) for model in models)
    worst = min(model.evaluation.recall for model in models)
    low = max(0, math.floor(10 * worst) * 10 - 20)
    precision = min(model.evaluation.precision for model in models)
    bottom = max(0, math.floor(10 * precision) * 10 - 20)
    froc, pr = [], []
    for number, model in enumerate(models):
        curve = model.sweep
        defined = curve.tp + curve.fp > 0
        rate = np.maximum(curve.false_alarms_per_mpx, least)
        froc.append(Series(number, "step", _corners(rate, 100 * curve.recall)))
        pr.append(
            Series(number, "line",
                   _corners(100 * curve.recall[defined], 100 * curve.precision[defined]))
        )  # fmt: skip
    return [
        Plot("froc", "Recall against false points (FROC)",
             Axis("false points per Mpx", least, max(most, 10 * least), log=True),
             Axis("recall (Pd), %", low, 100), froc, live="froc",
             note=f"{_EVERY} At the left edge there is no false point. Recall below {low} % is cut "
             "off."),
        Plot("pr", "Precision and recall", Axis("recall, %", low, 100),
             Axis("precision, %", bottom, 100), pr, live="pr",
             note=_EVERY),
    ]  # fmt: skip


def marks(model: ReportedModel) -> dict[str, list[list[float]]]:
    """The dots of the curves at each stop."""
    if not model.evaluation.targets:
        return {}
    least = 0.5e6 / model.sweep.pixels
    return {
        "froc": [_short(max(e.false_alarms_per_mpx, least), 100 * e.recall) for e in model.levels],
        "pr": [_short(100 * e.recall, 100 * e.precision) for e in model.levels],
    }


def lowest_recall(levels: Iterable[Sequence[Share]]) -> int:
    """Where the axes of recall begin: well below all classes at the thresholds in use, in %."""
    lows = [part.recall[1] for level in levels for part in level if part.targets]
    return max(0, math.floor(min(lows, default=0) / 10) * 10 - 10)


def of_classes(
    key: str,
    title: str,
    label: str,
    names: Sequence[str],
    models: Sequence[list[list[Share]]],
    low: float,
) -> list[Plot]:
    """Recall, and mean position error, in classes of targets: two plots.

    Args:
        key: name of the classes in the page.
        title: by what the targets are divided.
        label: label of the axis.
        names: names of the classes.
        models: of each model, the classes at each stop.
        low: where the axis of recall begins, in %; lower ones are drawn at the edge.
    """
    errors = [part.error for levels in models for level in levels for part in level if part.error]
    top = 1.15 * max((error[0] for error in errors), default=1.0)
    x = Axis(label, -0.5, len(names) - 0.5, names=names)
    return [
        Plot(f"{key}-recall", f"Recall by {title}", x, Axis("recall, %", low, 100), live=key,
             column=1),
        Plot(f"{key}-error", f"Position error by {title}", x, Axis("mean error, px", 0, top),
             live=key, column=4),
    ]  # fmt: skip


def class_data(levels: list[list[Share]]) -> list[list[list[float | None]]]:
    """The classes of a model at each stop: found, recall and error, each with its interval.

    Recall is None without targets, the error if none is found.
    """
    return [
        [
            [
                part.found,
                *(_short(*part.recall) if part.targets else _NOTHING),
                *(_short(*part.error) if part.error else _NOTHING),
            ]
            for part in level
        ]
        for level in levels
    ]


def class_names(classes: Classes) -> list[str]:
    """The ranges of classes with their numbers of targets."""
    return [f"{name}\n{count}" for name, count in zip(classes.names, classes.targets, strict=True)]


def scatters(models: Sequence[ReportedModel]) -> list[Plot]:
    """Offsets of detections from their targets, one plot per model, all of one scale."""
    errors = [np.abs(frame.error_xy) for model in models for frame in model.levels[-1].frames]
    sizes = np.concatenate(errors) if errors else np.empty((0, 2))
    reach = max(1.0, 1.1 * float(np.percentile(sizes, 99))) if sizes.size else 1.0
    return [
        Plot(f"offsets-{number}", model.name,
             Axis("x error (detected − true), px", -reach, reach),
             Axis("y error (detected − true), px", reach, -reach),
             live="offsets", square=True, only=number)
        for number, model in enumerate(models)
    ]  # fmt: skip


def reliabilities(models: Sequence[ReportedModel]) -> list[Plot]:
    """Share of real points against their probability, with the number of points below."""
    known = [(n, m.reliability) for n, m in enumerate(models) if m.reliability]
    if not known:
        return []
    most = max(part.count for _, found in known for part in found.bins)
    plots = [
        Plot("scores", "Probability and share that is real", Axis("probability", 0, 1),
             Axis("share that is real", 0, 1),
             [_diagonal(0, 1)]
             + [Series(n, "intervals",
                       [_short(p.predicted, p.observed, *p.interval) for p in found.bins])
                for n, found in known], square=True)
    ]  # fmt: skip
    return plots + [
        Plot(f"scores-{n}", f"Points by probability: {models[n].name}", Axis("probability", 0, 1),
             Axis("points", 0.5, 2 * most, log=True),
             [Series(n, "bars", [[p.low, p.count, p.low, p.high] for p in found.bins])], only=n)
        for n, found in known
    ]  # fmt: skip


def deviations(coverages: Mapping[int, Coverage]) -> list[Plot]:
    """Coverage of the ellipses of measured positions, and errors against stated deviations."""
    if not coverages:
        return []
    sizes = [
        value
        for found in coverages.values()
        for part in found.bins
        for value in (part.stated, *part.interval)
        if value > 0
    ]
    low, high = (min(sizes) / 1.2, max(sizes) * 1.2) if sizes else (0.01, 1.0)
    return [
        Plot("coverage", "Targets within the stated ellipse",
             Axis("probability of the ellipse", 0, 1), Axis("share of targets within", 0, 1),
             [_diagonal(0, 1)]
             + [Series(n, "intervals",
                       [_short(p, *seen) for p, seen in zip(NOMINAL, c.observed, strict=True)])
                for n, c in coverages.items()], square=True),
        Plot("deviation", "Error against stated deviation",
             Axis("stated standard deviation, px", low, high, log=True),
             Axis("root mean square error per axis, px", low, high, log=True),
             [_diagonal(low, high)]
             + [Series(n, "intervals",
                       [_short(p.stated, p.actual, *p.interval) for p in c.bins if p.actual > 0])
                for n, c in coverages.items()], square=True),
    ]  # fmt: skip


def recall_by_ratio(key: str, label: str, bins: Mapping[int, Sequence[RecallBin]]) -> Plot:
    """Recall of simulated targets in bins of a ratio, with 95 % intervals (Wilson).

    Args:
        key: name of the plot in the page.
        label: name of the ratio.
        bins: the bins of each model, by its number.
    """
    ranges = sorted({(part.low, part.high) for parts in bins.values() for part in parts})
    names = {(part.low, part.high): range_of(part) for parts in bins.values() for part in parts}
    series = []
    for number, parts in bins.items():
        known = [part for part in parts if part.targets]
        shares = [
            (ranges.index((part.low, part.high)), part.found / part.targets,
             *wilson_interval(part.found, part.targets))
            for part in known
        ]  # fmt: skip
        points = [_short(x, *(100 * value for value in values)) for x, *values in shares]
        series.append(Series(number, "intervals", points))
    x = Axis(label, -0.5, len(ranges) - 0.5, names=[names[part] for part in ranges])
    return Plot(key, f"By {label}", x, Axis("recall (Pd), %", 0, 100), series)


def training(models: Sequence[ReportedModel]) -> list[Plot]:
    """Training loss, and validation F1, by epoch: two plots; nothing without a training log."""
    plots = []
    for key, column, title, log in (
        ("loss", "train_loss", "Training loss", True),
        ("val-f1", "val_f1", "Validation F1", False),
    ):
        series = [
            Series(number, "line", points)
            for number, model in enumerate(models)
            if (points := [_short(row["epoch"] + 1, row[column]) for row in model.training
                           if "epoch" in row and row.get(column, 0) > 0])
        ]  # fmt: skip
        if series:
            x, y = (_values(series, axis) for axis in (0, 1))
            low, high = (min(y) / 1.2, 1.2 * max(y)) if log else (0.0, 1.0)
            plots.append(Plot(key, title, Axis("epoch", 0, max(x) + 1),
                              Axis(title.lower(), low, high, log=log), series))  # fmt: skip
    return plots


def _values(series: Iterable[Series], axis: int) -> list[float]:
    return [point[axis] for one in series for point in one.points]


def _diagonal(low: float, high: float) -> Series:
    return Series(None, "line", [[low, low], [high, high]])


def _corners(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> list[list[float]]:
    """The points of a curve without those between equal values of y, or of x."""
    points = np.column_stack([x, y])
    same = np.diff(points, axis=0) == 0
    inner = (same[:-1] & same[1:]).any(axis=1)
    kept = np.concatenate([[True], ~inner, [True]])[: len(points)]
    return [_short(*point) for point in points[kept].tolist()]


def _short(*values: float) -> list[float]:
    """Numbers with six digits, to keep the page small."""
    return [float(f"{value:.6g}") for value in values]
