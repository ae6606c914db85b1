"""The data of a report's page: everything that its sliders, plots and examples show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from irpoint.evaluation import Evaluation
from irpoint.evaluation.bootstrap import Interval
from irpoint.evaluation.coverage import Coverage
from irpoint.report import plots, tables
from irpoint.report.breakdown import PROPERTIES, Classes, Property, Share, classify, shares
from irpoint.report.calibration import position_coverage
from irpoint.report.examples import detection_table, errors_first, frame_table, outcomes_of
from irpoint.report.model import ReportedModel
from irpoint.report.outcomes import FrameOutcomes
from irpoint.report.pictures import Pictures, Progress, take_pictures
from irpoint.report.plots import Plot
from irpoint.report.simulated import SimulatedSection, simulated_recall


@dataclass(frozen=True)
class Contents:
    """What a page is made from.

    Attributes:
        rows: the table of figures.
        formats: the table as text to copy.
        comparisons: the models compared with the first one.
        plots: the plots of each section, by its name.
        coverages: coverage of measured positions, by number of the model.
        simulated: recall on simulated frames; None if no card has it.
        pictures: the frames.
        data: for the scripts of the page, ready for JSON.
    """

    rows: list[tables.Row]
    formats: list[tables.TableFormat]
    comparisons: list[tables.Compared]
    plots: dict[str, list[Plot]]
    coverages: dict[int, Coverage]
    simulated: SimulatedSection | None
    pictures: Pictures
    data: dict[str, Any]


def collect(models: Sequence[ReportedModel], progress: Progress = iter) -> Contents:
    """Count everything at every stop, and take the pictures.

    Args:
        models: the models; they have the same frames and labels.
        progress: wraps the numbers of the frames, to show progress.
    """
    first = models[0]
    frames = first.every_frame
    outcomes = [outcomes_of(model) for model in models]
    classed = [(of, classes) for of in PROPERTIES if (classes := classify(models, of))]
    parts = [
        {of.key: shares(model, classes, own[: len(first.frames)]) for of, classes in classed}
        for model, own in zip(models, outcomes, strict=True)
    ]
    rows = tables.rows(models)
    several = len(first.datasets) > 1
    for number, own_parts in enumerate(parts):
        if several:
            own_parts["set"] = _sets(models[number])
    coverages = {
        number: found for number, model in enumerate(models) if (found := position_coverage(model))
    }
    simulated = simulated_recall(models)
    sections = {
        "curves": plots.curves(models),
        "breakdown": _breakdown(models, classed, parts, several),
        "positions": plots.scatters(models),
        "scores": plots.reliabilities(models),
        "deviations": plots.deviations(coverages),
        "simulated": list(simulated.plots) if simulated else [],
        "training": plots.training(models),
    }
    taken = take_pictures(frames, errors_first(models, outcomes), progress)
    formats = [tables.latex(rows, models), tables.markdown(rows)]
    data = {
        "sets": first.datasets,
        "frames": frame_table(frames, len(first.frames), first.datasets),
        "radius": first.radius,
        "plots": [plot.data() for of_section in sections.values() for plot in of_section],
        "rows": [_row_data(row) for row in rows],
        "formats": [asdict(one) for one in formats],
        "models": [
            _model_data(model, own, own_parts)
            for model, own, own_parts in zip(models, outcomes, parts, strict=True)
        ],
    }
    compared = tables.comparisons(models)
    return Contents(rows, formats, compared, sections, coverages, simulated, taken, data)


def _row_data(row: tables.Row) -> dict[str, Any]:
    cells = [[[cell.value, cell.interval] for cell in level] for level in row.levels]
    return {"model": row.number, "cells": cells}


def _model_data(
    model: ReportedModel, own: Sequence[FrameOutcomes], parts: dict[str, list[list[Share]]]
) -> dict[str, Any]:
    stops = model.stops
    return {
        "name": model.name,
        "stops": stops.texts,
        "default": stops.default,
        "presets": dict(stops.presets),
        "errors": [tables.error_text(evaluation) for evaluation in model.levels],
        "bias": [_bias(evaluation) for evaluation in model.levels],
        "marks": plots.marks(model),
        "classes": {key: plots.class_data(levels) for key, levels in parts.items()},
        "found": detection_table(model, own),
    }


def _bias(evaluation: Evaluation) -> list[float] | None:
    error = evaluation.localisation_error
    return [round(error.bias_x, 4), round(error.bias_y, 4)] if error else None


def _breakdown(
    models: Sequence[ReportedModel],
    classed: Sequence[tuple[Property, Classes]],
    parts: Sequence[dict[str, list[list[Share]]]],
    several: bool,
) -> list[Plot]:
    found: list[Plot] = []
    used = [own[key][m.stops.default] for m, own in zip(models, parts, strict=True) for key in own]
    low = plots.lowest_recall(used)
    if several and models[0].evaluation.targets:
        names = [f"{name}\n{models[0].on(name).evaluation.targets}" for name in models[0].datasets]
        found += plots.of_classes("set", "data set", "data set and its targets", names,
                                  [own["set"] for own in parts], low)  # fmt: skip
    for of, classes in classed:
        label = f"{of.label}; number of targets"
        found += plots.of_classes(of.key, of.title, label, plots.class_names(classes),
                                  [own[of.key] for own in parts], low)  # fmt: skip
    return found


def _sets(model: ReportedModel) -> list[list[Share]]:
    """Recall and error of each dataset at each stop, with the intervals of the table."""
    columns = []
    for name in model.datasets:
        part = model.on(name)
        columns.append(list(map(_of_set, part.levels, part.level_intervals)))
    return [list(level) for level in zip(*columns, strict=True)]


def _of_set(evaluation: Evaluation, intervals: Mapping[str, Interval | None]) -> Share:
    recall, error = intervals["recall"], intervals["localisation_error_px"]
    mean = evaluation.localisation_error
    if not evaluation.targets:
        return Share(0, 0, (0.0, 0.0, 0.0), None)
    low, high = recall or (evaluation.recall, evaluation.recall)
    return Share(
        evaluation.tp,
        evaluation.targets,
        (100 * evaluation.recall, 100 * low, 100 * high),
        (mean.mean, *(error or (mean.mean, mean.mean))) if mean else None,
    )
