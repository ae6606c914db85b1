"""The report's figures as inline SVG, readable on a light and on a dark page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib

matplotlib.use("svg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from irpoint.report.gather import Subject

COLOURS = ("#3d7eff", "#e8710a", "#12a36d", "#c2378d", "#8a6d00", "#7b5cff")
_INK = "#808080"
_STYLE: dict[str, Any] = {
    "font.size": 10, "font.family": "sans-serif", "svg.fonttype": "none", "axes.grid": True,
    "axes.spines.top": False, "axes.spines.right": False, "grid.alpha": 0.3, "grid.color": _INK,
    "axes.edgecolor": _INK, "axes.labelcolor": _INK, "text.color": _INK, "xtick.color": _INK,
    "ytick.color": _INK, "legend.frameon": False, "svg.hashsalt": "irpoint",
}  # fmt: skip


def _drawn(draw: Callable[[Axes], None], size: tuple[float, float] = (5.2, 3.6)) -> str:
    with plt.rc_context(_STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=size, layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.subplots()
        axes.patch.set_alpha(0)
        draw(axes)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    # Its width is the page's affair; what matplotlib says of itself is nobody's.
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    return re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)


def froc(subjects: Sequence[Subject]) -> str:
    """Recall against false points a million pixels, at every threshold."""

    def draw(axes: Axes) -> None:
        for colour, subject in zip(_colours(), subjects, strict=False):
            curve = subject.sweep
            rate = np.maximum(curve.false_alarms_per_mpx, 0.5e6 / curve.pixels)
            axes.step(rate, 100 * curve.recall, where="post", color=colour, label=subject.name)
            own = subject.evaluation
            at = max(own.false_alarms_per_mpx, 0.5e6 / own.pixels)
            axes.plot(at, 100 * own.recall, "o", color=colour)
        axes.set(xscale="log", xlabel="false points per Mpx", ylabel="recall (Pd), %")
        axes.set_ylim(top=100.5)
        axes.legend(loc="lower right")

    return _drawn(draw)


def precision_recall(subjects: Sequence[Subject]) -> str:
    """Precision against recall, at every threshold."""

    def draw(axes: Axes) -> None:
        for colour, subject in zip(_colours(), subjects, strict=False):
            curve = subject.sweep
            said = curve.tp + curve.fp > 0
            recall, precision = 100 * curve.recall[said], 100 * curve.precision[said]
            axes.plot(recall, precision, color=colour, label=subject.name)
            own = subject.evaluation
            axes.plot(100 * own.recall, 100 * own.precision, "o", color=colour)
        axes.set(xlabel="recall, %", ylabel="precision, %")
        axes.legend(loc="lower left")

    return _drawn(draw)


def localisation(subject: Subject, colour: str) -> str:
    """Where answers lie around their targets; the cross is the mean: a bias shows there."""
    error = np.concatenate([frame.error_xy for frame in subject.evaluation.frames])

    def draw(axes: Axes) -> None:
        axes.plot(error[:, 0], error[:, 1], ".", color=colour, alpha=0.45, markersize=5)
        if len(error):
            axes.plot(*error.mean(axis=0), "+", color=_INK, markersize=16, markeredgewidth=2)
            reach = max(1.0, float(np.percentile(np.abs(error), 99)) * 1.15)
            axes.set(xlim=(-reach, reach), ylim=(reach, -reach))
        axes.set(xlabel="x, predicted − true, px", ylabel="y, predicted − true, px")
        axes.set_aspect("equal")

    return _drawn(draw, (4.0, 3.8))


def against(subjects: Sequence[Subject], attribute: str, label: str) -> str | None:
    """Recall (line) and mean error (dashes) of targets in classes of one of their properties."""
    values = [
        value
        for subject in subjects
        for outcome in subject.outcomes
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
        for colour, subject in zip(_colours(), subjects, strict=False):
            recall, error = _by_class(subject, attribute, edges)
            axes.plot(middle, 100 * recall, "o-", color=colour, label=subject.name)
            right.plot(middle, error, "s--", color=colour, alpha=0.6, markersize=4)
        axes.set(xlabel=label, ylabel="recall, % (line)", xscale="log", ylim=(0, 105))
        axes.set_xticks(middle, [f"{value:.2g}" for value in middle])
        axes.minorticks_off()
        right.set(ylabel="mean error, px (dashes)")
        right.set_ylim(bottom=0)
        right.grid(visible=False)

    return _drawn(draw)


def _by_class(subject: Subject, attribute: str, edges: Any) -> tuple[Any, Any]:
    recall, error = np.full(len(edges) - 1, np.nan), np.full(len(edges) - 1, np.nan)
    rows = [
        (getattr(o.target, attribute), o.kind == "hit", o.error)
        for o in subject.outcomes
        if o.target and getattr(o.target, attribute) is not None
    ]
    if not rows:
        return recall, error
    value, hit, gap = (np.array(column) for column in zip(*rows, strict=True))
    which = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, len(edges) - 2)
    for k in range(len(edges) - 1):
        own = which == k
        if own.any():
            recall[k] = hit[own].mean()
        if (own & hit).any():
            error[k] = gap[own & hit].mean()
    return recall, error


def training(subjects: Sequence[Subject]) -> str | None:
    """Training loss and validation F1 by epoch, of models that come with their log."""
    trained = [(c, s) for c, s in zip(_colours(), subjects, strict=False) if s.training]
    if not trained:
        return None

    def draw(axes: Axes) -> None:
        right = axes.twinx()
        for colour, subject in trained:
            for target, column, line in ((axes, "train_loss", "-"), (right, "val_f1", "o--")):
                rows = [r for r in subject.training if column in r and "epoch" in r]
                if rows:
                    epochs = [r["epoch"] + 1 for r in rows]
                    target.plot(epochs, [r[column] for r in rows], line, color=colour)
        axes.set(xlabel="epoch", ylabel="training loss (line)", yscale="log")
        right.set(ylabel="val F1 (dashes)")
        right.grid(visible=False)

    return _drawn(draw)


def _colours() -> Sequence[str]:
    return COLOURS * 3
