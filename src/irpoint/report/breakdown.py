"""Recall and position error by size, signal and contrast of the targets, at every stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from irpoint.evaluation.intervals import wilson_interval
from irpoint.evaluation.ratios import Float64Array
from irpoint.evaluation.records import TargetRecord
from irpoint.report.model import ReportedModel
from irpoint.report.outcomes import NEVER, FrameOutcomes

_CLASSES = 6
_MIN_TARGETS = 20  # with fewer that have a property, it gives no classes
_Z95 = 1.96


@dataclass(frozen=True)
class Property:
    """A property of targets by which figures are broken down.

    Attributes:
        key: its name in the page.
        title: heading of its plots.
        label: its axis.
        value: gives it; None of targets that do not have it.
        without: name of the class of those; empty to leave them out.
    """

    key: str
    title: str
    label: str
    value: Callable[[TargetRecord], float | None]
    without: str = ""


PROPERTIES = (
    Property("size", "size", "√area of the mask, px", lambda target: target.size),
    Property("snr", "signal-to-noise ratio", "SNR", lambda target: target.snr, "no fit"),
    Property("contrast", "local contrast", "signal-to-clutter ratio", lambda t: t.contrast),
)


@dataclass(frozen=True, eq=False)
class Classes:
    """The targets of a report in classes of one property.

    Attributes:
        of: the property.
        names: range of each class.
        members: class of every target of every frame; None of targets that are left out.
        targets: number of targets of each class.
    """

    of: Property
    names: tuple[str, ...]
    members: tuple[tuple[int | None, ...], ...]
    targets: tuple[int, ...]


def classify(models: Sequence[ReportedModel], of: Property) -> Classes | None:
    """Classes with about equal numbers of targets; None if too few targets have the property.

    The models have the same targets; the first one whose records state the property decides.
    """
    for model in models:
        values = [[of.value(target) for target in frame.targets] for frame in model.frames]
        known = [value for row in values for value in row if value is not None]
        if len(known) < _MIN_TARGETS:
            continue
        edges = np.unique(np.percentile(known, np.linspace(0, 100, _CLASSES + 1)))
        if len(edges) < 3:
            continue
        names = [f"{_short(low)}–{_short(high)}" for low, high in pairwise(edges.tolist())]
        if of.without and len(known) < sum(map(len, values)):
            names.append(of.without)
        members = tuple(tuple(_class(value, edges, of) for value in row) for row in values)
        counts = tuple(sum(row.count(k) for row in members) for k in range(len(names)))
        return Classes(of, tuple(names), members, counts)
    return None


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}" if value < 10 else f"{value:.3g}"


def _class(value: float | None, edges: Float64Array, of: Property) -> int | None:
    """The class of a target; None if it is left out."""
    if value is None:
        return len(edges) - 1 if of.without else None
    return int(np.searchsorted(edges[1:-1], value, side="right"))


@dataclass(frozen=True)
class Share:
    """A class of targets at one stop.

    Attributes:
        found, targets: numbers of targets.
        recall: percentage found, with its 95 % interval (Wilson).
        error: mean distance of the found ones in pixels with its 95 % interval (normal, from the
            standard error); None if none was found.
    """

    found: int
    targets: int
    recall: tuple[float, float, float]
    error: tuple[float, float, float] | None


def shares(
    model: ReportedModel, classes: Classes, outcomes: Sequence[FrameOutcomes]
) -> list[list[Share]]:
    """The classes of a model at each stop.

    Args:
        model: the model.
        classes: classes of the targets of its pooled frames.
        outcomes: outcomes of those frames.
    """
    number, stops = len(classes.names), len(model.stops.thresholds)
    # Sums by stop and class: found, distance, squared distance.
    sums = np.zeros((3, stops, number))
    for frame, of_frame, kinds in zip(model.frames, outcomes, classes.members, strict=True):
        for target, runs, kind in zip(frame.targets, of_frame.runs, kinds, strict=True):
            if kind is None:
                continue
            ends = [start for start, _ in runs[1:]] + [stops]
            for (start, place), end in zip(runs, ends, strict=False):
                if place != NEVER:
                    x, y, _ = frame.predicted[of_frame.shown[place]]
                    gap = math.hypot(x - target.x, y - target.y)
                    sums[:, start:end, kind] += np.array([1, gap, gap * gap])[:, None]
    return [
        [_share(sums[:, stop, k].tolist(), classes.targets[k]) for k in range(number)]
        for stop in range(stops)
    ]


def _share(sums: Sequence[float], targets: int) -> Share:
    found, total, squares = sums
    count = int(found)
    low, high = wilson_interval(count, targets)
    recall = (100 * count / targets, 100 * low, 100 * high)
    if not count:
        return Share(0, targets, recall, None)
    mean = total / count
    spread = math.sqrt(max(squares / count - mean * mean, 0) * count / max(count - 1, 1))
    reach = _Z95 * spread / math.sqrt(count)
    return Share(count, targets, recall, (mean, max(mean - reach, 0), mean + reach))
