"""The report's page: figures, curves and pictures in one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jinja2
from markupsafe import Markup

from irpoint._version import __version__
from irpoint.errors import EvaluationError, one_line
from irpoint.report import plots, tables
from irpoint.report.gallery import KINDS, gallery
from irpoint.report.gather import Subject, gather
from irpoint.system.atomic import atomic_write

_SIXTHS = "Targets in sixths. Colours as above."


def write_report(sources: Sequence[Path], out: Path) -> None:
    """Write a report on one model or on several, side by side.

    Args:
        sources: folders of training runs, or results of ``evaluate --json --points``. Curves,
            tables and comparisons show all; they must be of the same images.
        out: the HTML file.

    Raises:
        EvaluationError: where a source cannot be read, or the sources are of different images,
            labels or radii.
    """
    subjects = [gather(source) for source in sources]
    _comparable(subjects)
    page = render(_distinct(subjects))
    try:
        atomic_write(out, page)
    except OSError as error:
        raise EvaluationError(f"{out}: cannot be written ({one_line(error)})") from error


def render(subjects: Sequence[Subject]) -> str:
    """The page of a report."""
    table = tables.rows(subjects)
    size = plots.against(subjects, "size", "√area of its mask, px")
    contrast = plots.against(subjects, "contrast", "signal-to-clutter ratio")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("irpoint.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    curves = [
        ("Recall against false alarms (FROC)", plots.froc(subjects),
         "Every threshold, re-matched. The dot is the threshold in use."),
        ("Precision and recall", plots.precision_recall(subjects), ""),
        ("By size of the target", size, _SIXTHS),
        ("By local contrast", contrast, _SIXTHS),
        ("Training", plots.training(subjects), ""),
    ]  # fmt: skip
    return environment.get_template("report.html.jinja").render(
        version=__version__,
        subjects=subjects,
        header=tables.HEADER,
        rows=table,
        comparisons=tables.comparisons(subjects),
        curves=[(title, Markup(svg), note) for title, svg, note in curves if svg],
        scatters=[
            (s, Markup(plots.localisation(s, plots.COLOURS[k % len(plots.COLOURS)])))
            for k, s in enumerate(subjects)
        ],
        galleries=[
            (s, [(title, note, gallery(s, kind)) for kind, title, note in KINDS]) for s in subjects
        ],
        markdown=tables.markdown(table),
        latex=tables.latex(table),
    )


def _comparable(subjects: Sequence[Subject]) -> None:
    first = subjects[0]
    for subject in subjects[1:]:
        if _truth(subject) != _truth(first):
            raise EvaluationError(
                f"{subject.name} was evaluated on other images or labels than {first.name}; "
                "models are compared on one split only"
            )
        if subject.radius != first.radius:
            raise EvaluationError(
                f"{subject.name} was matched within {subject.radius:g} px, {first.name} within "
                f"{first.radius:g} px; evaluate both alike"
            )


def _truth(subject: Subject) -> list[tuple[str, str, list[tuple[float, float]]]]:
    return [(f.dataset, f.name, [(t.x, t.y) for t in f.targets]) for f in subject.frames]


def _distinct(subjects: Sequence[Subject]) -> list[Subject]:
    """Names that can be told apart."""
    named: list[Subject] = []
    for subject in subjects:
        count = sum(other.name.partition(" (")[0] == subject.name for other in named)
        name = f"{subject.name} ({count + 1})" if count else subject.name
        named.append(replace(subject, name=name))
    return named
