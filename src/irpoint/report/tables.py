"""The figures as rows, and those rows as Markdown and LaTeX to copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from irpoint.evaluation import Evaluation, bootstrap_intervals
from irpoint.evaluation.compare import compare
from irpoint.evaluation.figures import COLUMNS, Figure
from irpoint.report.gather import Subject

HEADER = ("model", "data", "images / targets", *(figure.title for figure in COLUMNS))


@dataclass(frozen=True)
class Cell:
    """A figure and its 95 % interval as text; the interval is empty where there is none."""

    value: str
    interval: str = ""


@dataclass(frozen=True)
class Row:
    """One model on one data set, or on all of them pooled."""

    model: str
    data: str
    cells: tuple[Cell, ...]


def rows(subjects: Sequence[Subject]) -> list[Row]:
    """A row a model on all frames, then one a data set."""
    table = []
    for subject in subjects:
        names = subject.datasets
        title = "all pooled" if len(names) > 1 else names[0]
        table.append(Row(subject.name, title, _cells(subject.evaluation)))
        if len(names) > 1:
            table += [Row(subject.name, n, _cells(subject.of(n).evaluation)) for n in names]
    return table


def _cells(own: Evaluation) -> tuple[Cell, ...]:
    intervals = bootstrap_intervals(own)

    def cell(figure: Figure) -> Cell:
        value, bounds = figure.table_value(figure.value(own)), intervals.get(figure.key)
        if value is None:
            return Cell("–")
        scale, digits = (100, 1) if figure.unit == "percent" else (1, 2)
        text = "" if bounds is None else "–".join(f"{scale * v:.{digits}f}" for v in bounds)
        return Cell(f"{scale * value:.{digits}f}", text)

    return Cell(f"{own.images} / {own.targets}"), *map(cell, COLUMNS)


def comparisons(subjects: Sequence[Subject]) -> list[tuple[str, str, str, str]]:
    """(model, less the first, 95 % interval, p) in points of F1, for all but the first."""
    first, *others = subjects
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
    lines = [HEADER, tuple("---" for _ in HEADER)]
    lines += [
        (row.model, row.data, *(f"{c.value} ({c.interval})" if c.interval else c.value
                                for c in row.cells))
        for row in table
    ]  # fmt: skip
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
                     for line in lines)  # fmt: skip


def latex(table: Sequence[Row]) -> str:
    r"""The rows as a LaTeX ``tabular``, for the package ``booktabs``."""
    body = [HEADER] + [(row.model, row.data, *(c.value for c in row.cells)) for row in table]
    lines = [" & ".join(_escaped(cell) for cell in line) + r" \\" for line in body]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{ll{'r' * (len(HEADER) - 2)}}}",
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
