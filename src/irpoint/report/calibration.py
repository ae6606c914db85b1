"""How well the stated uncertainty of measured positions fits the frames of a report."""

from __future__ import annotations

import numpy as np

from irpoint.evaluation.coverage import Coverage, coverage
from irpoint.evaluation.levels import pairs_at
from irpoint.evaluation.matching import matcher
from irpoint.evaluation.steps import match_steps
from irpoint.report.model import ReportedModel


def position_coverage(model: ReportedModel) -> Coverage | None:
    """The coverage of the measured points that are on a target at the threshold in use.

    None if fewer than 20 of them were measured.
    """
    errors: list[tuple[float, float]] = []
    places: list[tuple[float, float, float]] = []
    rule = matcher("point")
    for record, frame in zip(model.frames, model.evaluated, strict=True):
        if not record.place or not record.targets:
            continue
        pairs = pairs_at(match_steps(frame, rule, model.radius), model.threshold)
        for target, found in zip(pairs.truth_index, pairs.predicted_index, strict=True):
            place = record.place[found]
            if place is not None:
                dx, dy = frame.predicted.xy[found].astype(float) - frame.truth.xy[target]
                errors.append((float(dx), float(dy)))
                places.append(place)
    return coverage(np.array(errors), np.array(places))
