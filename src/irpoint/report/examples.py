"""The examples of a report: every target and every detection, with their outcomes at each stop."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from irpoint.evaluation.records import FrameRecord, TargetRecord
from irpoint.report.model import ReportedModel
from irpoint.report.outcomes import NEVER, FrameOutcomes, frame_outcomes
from irpoint.report.pictures import Place

_DIGITS = 3  # of positions in pixels


def outcomes_of(model: ReportedModel) -> list[FrameOutcomes]:
    """The outcomes of a model in every frame."""
    return [frame_outcomes(frame, model.stops, model.radius) for frame in model.every_frame]


def frame_table(frames: Sequence[FrameRecord], pooled: int, sets: Sequence[str]) -> list[Any]:
    """What the models share: name, set, width, height and targets of each frame.

    Args:
        frames: the pooled frames, then those that count in the figures of their set only.
        pooled: number of pooled frames.
        sets: names of the datasets.
    """
    return [
        {
            "name": frame.name,
            "set": sets.index(frame.dataset),
            "width": frame.shape[1],
            "height": frame.shape[0],
            "pooled": number < pooled,
            "targets": [_target(target) for target in frame.targets],
        }
        for number, frame in enumerate(frames)
    ]


def _target(target: TargetRecord) -> list[float | None]:
    """x, y, size, SNR, contrast."""
    ratios = (target.size, target.snr, target.contrast)
    return [
        round(target.x, _DIGITS),
        round(target.y, _DIGITS),
        *(None if value is None else round(value, 2) for value in ratios),
    ]


def detection_table(model: ReportedModel, outcomes: Sequence[FrameOutcomes]) -> list[list[Any]]:
    """Of each frame: its detections (x, y, score, first stop) and the runs of its targets."""
    table = []
    for frame, of_frame in zip(model.every_frame, outcomes, strict=True):
        rows = [frame.predicted[row] for row in of_frame.shown]
        table.append(
            [
                [
                    [round(x, _DIGITS), round(y, _DIGITS), round(score, 5), first]
                    for (x, y, score), first in zip(rows, of_frame.first, strict=True)
                ],
                of_frame.runs,
            ]
        )
    return table


def errors_first(
    models: Sequence[ReportedModel], outcomes: Sequence[Sequence[FrameOutcomes]]
) -> Iterable[Place]:
    """Centres of the cut-outs: errors at the thresholds in use, then targets, then the rest."""
    later: list[Place] = []
    last: list[Place] = []
    for model, of_model in zip(models, outcomes, strict=True):
        stop = model.stops.default
        for number, (frame, of_frame) in enumerate(zip(model.every_frame, of_model, strict=True)):
            found = [of_frame.found_by(k, stop) for k in range(len(frame.targets))]
            for target, place in zip(frame.targets, found, strict=True):
                centre = (number, *_pixel(target.x, target.y))
                if place == NEVER:
                    yield centre
                else:
                    later.append(centre)
            for place, (row, first) in enumerate(zip(of_frame.shown, of_frame.first, strict=True)):
                x, y, _ = frame.predicted[row]
                centre = (number, *_pixel(x, y))
                if first <= stop and place not in found:
                    yield centre
                else:
                    last.append(centre)
    yield from later
    yield from last


def _pixel(x: float, y: float) -> tuple[int, int]:
    """The pixel of a position as the page finds it: from the rounded position, halves upwards."""
    column, row = (math.floor(round(value, _DIGITS) + 0.5) for value in (x, y))
    return column, row
