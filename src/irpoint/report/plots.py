"""The plots of a report as inline SVG, readable on light and dark pages."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib

matplotlib.use("svg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from irpoint.evaluation.intervals import wilson_interval
from irpoint.evaluation.recall_text import range_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from irpoint.report.model import ReportedModel
    from irpoint.report.reliability import Reliability
    from irpoint.zoo import RecallBin

_COLOURS = ("#3d7eff", "#e8710a", "#12a36d", "#c2378d", "#8a6d00", "#7b5cff")
_INK = "#808080"
_STYLE: dict[str, Any] = {
    "font.size": 10, "font.family": "sans-serif", "svg.fonttype": "none", "axes.grid": True,
    "axes.spines.top": False, "axes.spines.right": False, "grid.alpha": 0.3, "grid.color": _INK,
    "axes.edgecolor": _INK, "axes.labelcolor": _INK, "text.color": _INK, "xtick.color": _INK,
    "ytick.color": _INK, "legend.frameon": False, "svg.hashsalt": "irpoint",
}  # fmt: skip


def _svg(
    draw: Callable[..., None],
    size: tuple[float, float] = (5.2, 3.6),
    heights: tuple[float, ...] = (1,),
) -> str:
    """What ``draw`` draws into one axes, or into several above each other, of these heights."""
    with plt.rc_context(_STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=size, layout="constrained")
        figure.patch.set_alpha(0)
        rows = figure.subplots(len(heights), height_ratios=heights, sharex=True, squeeze=False)
        for axes in rows[:, 0]:
            axes.patch.set_alpha(0)
        draw(*rows[:, 0])
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    # The page sets the width. The metadata would refer to a schema on the network.
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    return re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)


def froc(models: Sequence[ReportedModel]) -> str | None:
    """Recall against false alarms per million pixels, at all thresholds; None without targets."""
    if not models[0].evaluation.targets:
        return None

    def draw(axes: Axes) -> None:
        for colour, model in zip(colours(), models, strict=False):
            curve = model.sweep
            rate = np.maximum(curve.false_alarms_per_mpx, 0.5e6 / curve.pixels)
            axes.step(rate, 100 * curve.recall, where="post", color=colour, label=model.name)
            used = model.evaluation
            at = max(used.false_alarms_per_mpx, 0.5e6 / used.pixels)
            axes.plot(at, 100 * used.recall, "o", color=colour)
        axes.set(xscale="log", xlabel="false alarms per Mpx", ylabel="recall (Pd), %")
        axes.set_ylim(top=100.5)
        axes.legend(loc="lower right")

    return _svg(draw)


def precision_recall(models: Sequence[ReportedModel]) -> str | None:
    """Precision against recall, at all thresholds; None without targets."""
    if not models[0].evaluation.targets:
        return None

    def draw(axes: Axes) -> None:
        for colour, model in zip(colours(), models, strict=False):
            curve = model.sweep
            defined = curve.tp + curve.fp > 0
            recall, precision = 100 * curve.recall[defined], 100 * curve.precision[defined]
            axes.plot(recall, precision, color=colour, label=model.name)
            used = model.evaluation
            axes.plot(100 * used.recall, 100 * used.precision, "o", color=colour)
        axes.set(xlabel="recall, %", ylabel="precision, %")
        axes.legend(loc="lower left")

    return _svg(draw)


def position_errors(model: ReportedModel, colour: str) -> str:
    """Offsets of detections from their targets. The cross is their mean, which shows a bias."""
    error = np.concatenate([frame.error_xy for frame in model.evaluation.frames])

    def draw(axes: Axes) -> None:
        axes.plot(error[:, 0], error[:, 1], ".", color=colour, alpha=0.45, markersize=5)
        if len(error):
            axes.plot(*error.mean(axis=0), "+", color=_INK, markersize=16, markeredgewidth=2)
            reach = max(1.0, float(np.percentile(np.abs(error), 99)) * 1.15)
            axes.set(xlim=(-reach, reach), ylim=(reach, -reach))
        axes.set(xlabel="x error (detected − true), px", ylabel="y error (detected − true), px")
        axes.set_aspect("equal")

    return _svg(draw, (4.0, 3.8))


def reliability(found: Reliability, colour: str) -> str:
    """Share of real points against their probability, above the number of points."""

    def draw(axes: Axes, counts: Axes) -> None:
        x = np.array([part.predicted for part in found.bins])
        y = np.array([part.observed for part in found.bins])
        reach = np.abs(np.array([part.interval for part in found.bins]).T - y)
        axes.plot((0, 1), (0, 1), "--", color=_INK, linewidth=1)
        axes.errorbar(x, y, reach, fmt="o", color=colour, markersize=5, capsize=3, clip_on=False)
        axes.set(ylabel="share that is real", xlim=(0, 1), ylim=(0, 1))
        counts.bar(
            [part.low for part in found.bins],
            [part.count for part in found.bins],
            [part.high - part.low for part in found.bins],
            align="edge", color=colour, alpha=0.45,
        )  # fmt: skip
        for part in found.bins:
            middle = (part.low + part.high) / 2
            counts.text(middle, part.count, f"{part.count}", ha="center", va="bottom", fontsize=8)
        most = max(part.count for part in found.bins)
        counts.set(xlabel="probability", ylabel="points", yscale="log", ylim=(0.5, 8 * most))
        counts.grid(visible=False)

    return _svg(draw, (5.2, 4.8), (3, 1))


def recall_by_ratio(bins: Sequence[tuple[str, str, Sequence[RecallBin]]], label: str) -> str:
    """Recall of simulated targets in bins of a ratio, with 95 % intervals (Wilson).

    Args:
        bins: name, colour and bins of each model.
        label: name of the ratio.
    """
    ranges = sorted({(part.low, part.high) for _, _, parts in bins for part in parts})
    labels = {(part.low, part.high): range_of(part) for _, _, parts in bins for part in parts}

    def draw(axes: Axes) -> None:
        for number, (name, colour, parts) in enumerate(bins):
            shift = 0.1 * (number - (len(bins) - 1) / 2)  # so that intervals do not hide each other
            known = [part for part in parts if part.targets]
            x = [ranges.index((part.low, part.high)) + shift for part in known]
            y = np.array([part.found / part.targets for part in known])
            reach = [wilson_interval(part.found, part.targets) for part in known]
            axes.errorbar(
                x, 100 * y, 100 * np.abs(np.array(reach).reshape(-1, 2).T - y), fmt="o-",
                color=colour, markersize=5, capsize=3, clip_on=False, label=name,
            )  # fmt: skip
        axes.set_xticks(range(len(ranges)), [labels[part] for part in ranges])
        axes.set(xlabel=label, ylabel="recall (Pd), %", ylim=(0, 100))
        axes.margins(x=0.08)
        axes.legend(loc="lower right")

    return _svg(draw)


def by_property(models: Sequence[ReportedModel], attribute: str, label: str) -> str | None:
    """Recall (line) and mean error (dashes) in six classes of a property of the targets.

    Args:
        models: the models.
        attribute: an attribute of the targets, ``size`` or ``contrast``.
        label: label of its axis.

    Returns:
        The plot; None if too few targets have the property.
    """
    values = [
        value
        for model in models
        for outcome in model.outcomes
        if outcome.target and (value := getattr(outcome.target, attribute)) is not None
    ]
    if len(values) < 20:
        return None
    edges = np.unique(np.percentile(values, np.linspace(0, 100, 7)))
    if len(edges) < 3:
        return None
    middle = (edges[:-1] + edges[1:]) / 2

    def draw(axes: Axes) -> None:
        right = axes.twinx()
        for colour, model in zip(colours(), models, strict=False):
            recall, error = _by_class(model, attribute, edges)
            axes.plot(middle, 100 * recall, "o-", color=colour, label=model.name)
            right.plot(middle, error, "s--", color=colour, alpha=0.6, markersize=4)
        axes.set(xlabel=label, ylabel="recall, % (line)", xscale="log", ylim=(0, 105))
        axes.set_xticks(middle, [f"{value:.2g}" for value in middle])
        axes.minorticks_off()
        right.set(ylabel="mean error, px (dashes)")
        right.set_ylim(bottom=0)
        right.grid(visible=False)

    return _svg(draw)


def _by_class(model: ReportedModel, attribute: str, edges: Any) -> tuple[Any, Any]:
    recall, error = np.full(len(edges) - 1, np.nan), np.full(len(edges) - 1, np.nan)
    rows = [
        (getattr(o.target, attribute), o.kind == "hit", o.error)
        for o in model.outcomes
        if o.target and getattr(o.target, attribute) is not None
    ]
    if not rows:
        return recall, error
    value, hit, gap = (np.array(column) for column in zip(*rows, strict=True))
    which = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, len(edges) - 2)
    for k in range(len(edges) - 1):
        members = which == k
        if members.any():
            recall[k] = hit[members].mean()
        if (members & hit).any():
            error[k] = gap[members & hit].mean()
    return recall, error


def training(models: Sequence[ReportedModel]) -> str | None:
    """Training loss and validation F1 by epoch; None if no model has a training log."""
    trained = [(c, s) for c, s in zip(colours(), models, strict=False) if s.training]
    if not trained:
        return None

    def draw(axes: Axes) -> None:
        right = axes.twinx()
        for colour, model in trained:
            for side, column, line in ((axes, "train_loss", "-"), (right, "val_f1", "o--")):
                rows = [r for r in model.training if column in r and "epoch" in r]
                if rows:
                    epochs = [r["epoch"] + 1 for r in rows]
                    side.plot(epochs, [r[column] for r in rows], line, color=colour)
        axes.set(xlabel="epoch", ylabel="training loss (line)", yscale="log")
        right.set(ylabel="val F1 (dashes)")
        right.grid(visible=False)

    return _svg(draw)


def colours() -> Iterator[str]:
    """The colours of the models, in order."""
    return itertools.cycle(_COLOURS)
