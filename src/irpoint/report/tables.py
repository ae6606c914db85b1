"""Tables of a report: figures and comparisons, also as Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from irpoint.evaluation import Evaluation
from irpoint.evaluation.compare import compare
from irpoint.evaluation.figure import Figure
from irpoint.evaluation.figures import table_columns
from irpoint.report.model import ReportedModel

POOLED = "all pooled"


@dataclass(frozen=True)
class Cell:
    """A figure and its 95 % interval as text; the interval is empty if there is none."""

    value: str
    interval: str = ""


@dataclass(frozen=True)
class Row:
    """One model on one dataset, or on all datasets pooled."""

    model: str
    data: str
    cells: tuple[Cell, ...]


def header() -> tuple[str, ...]:
    """The headings of the columns."""
    return ("model", "data", "images / targets", *(figure.title for figure in table_columns()))


def rows(models: Sequence[ReportedModel]) -> list[Row]:
    """For each model, a row on all frames and a row per dataset if there are several."""
    table = []
    for model in models:
        names = model.datasets
        title = POOLED if len(names) > 1 else names[0]
        table.append(Row(model.name, title, _cells(model.evaluation, model.intervals)))
        if len(names) > 1:
            alone = [model.on(name) for name in names]
            table += [
                Row(model.name, name, _cells(part.evaluation, part.intervals))
                for name, part in zip(names, alone, strict=True)
            ]
    return table


def _cells(
    evaluation: Evaluation, intervals: Mapping[str, tuple[float, float] | None]
) -> tuple[Cell, ...]:
    def cell(figure: Figure) -> Cell:
        value, bounds = figure.value(evaluation), intervals.get(figure.key)
        return Cell(figure.text(value), figure.interval_text(bounds))

    return Cell(f"{evaluation.images} / {evaluation.targets}"), *map(cell, table_columns())


def comparisons(models: Sequence[ReportedModel]) -> list[tuple[str, str, str, str]]:
    """F1 of every other model minus F1 of the first model.

    Returns:
        (model, difference in percentage points, its 95 % interval, p-value) of all other models;
        nothing if there are no targets.
    """
    first, *others = models
    if not first.evaluation.targets:
        return []  # F1 is undefined
    lines = []
    for other in others:
        found = compare(other.evaluation, first.evaluation)
        low, high = (100 * v for v in found.interval_95)
        p = f"{found.p_value:.3f}" if found.p_value >= 0.001 else "< 0.001"
        lines.append(
            (other.name, f"{100 * found.difference:+.1f}", f"{low:+.1f} to {high:+.1f}", p)
        )
    return lines


def markdown(table: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [header(), tuple("---" for _ in header())]
    lines += [
        (row.model, row.data, *(f"{c.value} ({c.interval})" if c.interval else c.value
                                for c in row.cells))
        for row in table
    ]  # fmt: skip
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
                     for line in lines)  # fmt: skip


def latex(table: Sequence[Row]) -> str:
    r"""The rows as a LaTeX ``tabular``, for the package ``booktabs``."""
    body = [header()] + [(row.model, row.data, *(c.value for c in row.cells)) for row in table]
    lines = [" & ".join(_escaped(cell) for cell in line) + r" \\" for line in body]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{ll{'r' * (len(header()) - 2)}}}",
            r"\toprule",
            lines[0],
            r"\midrule",
            *lines[1:],
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _escaped(text: str) -> str:
    text = text.replace("\\", "/")
    for special in "&%$#_{}":
        text = text.replace(special, f"\\{special}")
    return text.replace("–", "--")
