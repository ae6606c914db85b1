"""The page of a report: tables, curves and pictures in one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jinja2
from markupsafe import Markup

from irpoint._version import __version__
from irpoint.errors import EvaluationError, one_line
from irpoint.report import plots, tables
from irpoint.report.gallery import GALLERIES, pictures
from irpoint.report.inputs import read_model
from irpoint.report.model import ReportedModel
from irpoint.report.simulated import simulated_recall
from irpoint.system.atomic import atomic_write

_CLASSES = "Six classes with equal numbers of targets. Colours as above."


def write_report(sources: Sequence[Path], out: Path, backend: str = "onnxruntime") -> None:
    """Write a report on one model, or on several models side by side.

    Args:
        sources: folders of training runs, or results of ``irpoint evaluate --json FILE --points``.
            They must have the same images and labels.
        out: the HTML file.
        backend: runtime of the networks of runs, as for ``irpoint evaluate``.

    Raises:
        EvaluationError: if a source cannot be read, the sources differ in images, labels or
            matching radius, or the file cannot be written.
    """
    models = [read_model(source, backend) for source in sources]
    _check_comparable(models)
    page = render(_with_distinct_names(models))
    try:
        atomic_write(out, page.encode("utf-8", "backslashreplace"))  # names may not be UTF-8
    except OSError as error:
        raise EvaluationError(f"{out}: cannot be written ({one_line(error)})") from error


def render(models: Sequence[ReportedModel]) -> str:
    """The HTML page about ``models``."""
    table = tables.rows(models)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("irpoint.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    curves = [
        ("Recall against false alarms (FROC)", plots.froc(models),
         "All thresholds, each matched separately. The dot is the threshold in use."),
        ("Precision and recall", plots.precision_recall(models), ""),
        ("By size of the target", plots.by_property(models, "size", "√area of the mask, px"),
         _CLASSES),
        ("By local contrast", plots.by_property(models, "contrast", "signal-to-clutter ratio"),
         _CLASSES),
        ("Training", plots.training(models), ""),
    ]  # fmt: skip
    return environment.get_template("report.html.jinja").render(
        version=__version__,
        models=models,
        header=tables.header(),
        rows=table,
        comparisons=tables.comparisons(models),
        curves=[(title, Markup(svg), note) for title, svg, note in curves if svg],
        scatters=[
            (model, Markup(plots.position_errors(model, colour)))
            for model, colour in zip(models, plots.colours(), strict=False)
        ],
        reliabilities=[
            (model, model.reliability, Markup(plots.reliability(model.reliability, colour)))
            for model, colour in zip(models, plots.colours(), strict=False)
            if model.reliability
        ],
        simulated=simulated_recall(models),
        galleries=[
            (model, [(gallery, pictures(model, gallery)) for gallery in GALLERIES])
            for model in models
        ],
        markdown=tables.markdown(table),
        latex=tables.latex(table),
    )


def _check_comparable(models: Sequence[ReportedModel]) -> None:
    first = models[0]
    for model in models[1:]:
        if _truth(model) != _truth(first):
            raise EvaluationError(
                f"{model.name} was evaluated on other images or labels than {first.name}; "
                "evaluate both on the same split"
            )
        if model.radius != first.radius:
            raise EvaluationError(
                f"{model.name} was matched within {model.radius:g} px, {first.name} within "
                f"{first.radius:g} px; evaluate both with the same --radius"
            )


def _truth(model: ReportedModel) -> list[tuple[str, str, list[tuple[float, float]]]]:
    return [(f.dataset, f.name, [(t.x, t.y) for t in f.targets]) for f in model.frames]


def _with_distinct_names(models: Sequence[ReportedModel]) -> list[ReportedModel]:
    named: list[ReportedModel] = []
    for model in models:
        count = sum(other.name.partition(" (")[0] == model.name for other in named)
        name = f"{model.name} ({count + 1})" if count else model.name
        named.append(replace(model, name=name))
    return named
