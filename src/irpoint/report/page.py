"""The page of a report: tables, plots and pictures in one HTML file that needs no network."""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from irpoint._version import __version__
from irpoint.errors import EvaluationError, IrpointWarning, one_line
from irpoint.report import tables
from irpoint.report.data import Contents, collect
from irpoint.report.inputs import read_model
from irpoint.report.model import ReportedModel
from irpoint.report.pictures import Progress
from irpoint.report.settings import origin
from irpoint.report.stops import common_rates
from irpoint.system.atomic import atomic_write

_STATIC = resources.files("irpoint.report") / "static"
# In this order: each may use those before it.
_SCRIPTS = ("state.js", "outcomes.js", "plot.js", "plots.js", "pictures.js", "examples.js",
            "viewer.js", "tables.js")  # fmt: skip


def write_report(
    sources: Sequence[Path],
    out: Path,
    backend: str = "onnxruntime",
    latex: Path | None = None,
    progress: Progress = iter,
) -> None:
    """Write a report on one model, or on several models side by side.

    Args:
        sources: folders of training runs, or results of ``irpoint evaluate --json FILE --points``.
            They must have the same images and labels.
        out: the HTML file.
        backend: runtime of the networks of runs, as for ``irpoint evaluate``.
        latex: also write the table of figures, at the thresholds of the evaluations, as LaTeX.
        progress: wraps the numbers of the frames, to show progress.

    Raises:
        EvaluationError: if a source cannot be read, the sources differ in images, labels or
            matching radius, or a file cannot be written.

    Warns:
        IrpointWarning: if images cannot be read; their examples have no picture.
    """
    models = [read_model(source, backend) for source in sources]
    _check_comparable(models)
    rates = common_rates([model.sweep for model in models])
    named = [replace(model, rates=rates) for model in _with_distinct_names(models)]
    contents = collect(named, progress)
    if contents.pictures.unread:
        warnings.warn(
            f"{contents.pictures.unread} of {len(contents.pictures.frames)} images cannot be read; "
            "their examples have no picture",
            IrpointWarning,
            stacklevel=2,
        )
    _write(out, render(named, contents))
    if latex is not None:
        thresholds = [model.stops.used for model in named]
        _write(latex, contents.formats[0].fill(contents.rows, thresholds))


def _write(file: Path, text: str) -> None:
    try:
        atomic_write(file, text.encode("utf-8", "backslashreplace"))  # names may not be UTF-8
    except OSError as error:
        raise EvaluationError(f"{file}: cannot be written ({one_line(error)})") from error


def render(models: Sequence[ReportedModel], contents: Contents) -> str:
    """The HTML page about ``models``."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("irpoint.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_STATIC / "page.css").read_text(encoding="utf-8")
    scripts = [(_STATIC / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    return environment.get_template("report.html.jinja").render(
        version=__version__,
        policy=_policy([style], scripts),
        style=Markup(style),
        scripts=[Markup(script) for script in scripts],
        models=models,
        contents=contents,
        columns=tables.column_titles(),
        presets=_presets(models),
        summary=_summary(models, contents),
        origins=[origin(model) for model in models],
        data=_json(contents.data),
        frames=_json(contents.pictures.frames),
        cuts=_json({f"{n},{x},{y}": uri for (n, x, y), uri in contents.pictures.cuts.items()}),
    )


def _policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """The content security policy: nothing but the styles and scripts of the page itself runs."""

    def hashes(texts: Sequence[str]) -> str:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)

    return (
        f"default-src 'none'; img-src data:; style-src {hashes(styles)}; "
        f"script-src {hashes(scripts)}; base-uri 'none'; form-action 'none'"
    )


def _json(value: Any) -> Markup:
    """JSON for a data block, which no text in it can end."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))


def _presets(models: Sequence[ReportedModel]) -> list[str]:
    """Names of the operating points of all models."""
    return list(dict.fromkeys(name for model in models for name in model.stops.presets))


def _summary(
    models: Sequence[ReportedModel], contents: Contents
) -> list[tuple[int, list[tuple[str, int, tables.Cell]]]]:
    """Beside the slider of each model: its row, and (title, column, figure) of that row."""
    titles = tables.column_titles()
    found = []
    for number in range(len(models)):
        row, first = next((k, r) for k, r in enumerate(contents.rows) if r.number == number)
        cells = [(title, k, first.cells[k]) for k, title in enumerate(titles[:-1])]
        found.append((row, cells))
    return found


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
    return [(f.dataset, f.name, [(t.x, t.y) for t in f.targets]) for f in model.every_frame]


def _with_distinct_names(models: Sequence[ReportedModel]) -> list[ReportedModel]:
    named: list[ReportedModel] = []
    for model in models:
        count = sum(other.name.partition(" (")[0] == model.name for other in named)
        name = f"{model.name} ({count + 1})" if count else model.name
        named.append(replace(model, name=name))
    return named
