"""Tables of a report: figures at every stop and comparisons, also as Markdown and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from irpoint._version import __version__
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
    """One model on one dataset, or on all datasets pooled.

    Attributes:
        number: number of the model.
        model: its name.
        data: name of the dataset.
        size: numbers of images and targets.
        levels: the cells at each stop.
        default: the stop of the threshold in use.
    """

    number: int
    model: str
    data: str
    size: str
    levels: tuple[tuple[Cell, ...], ...]
    default: int

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells at the threshold in use."""
        return self.levels[self.default]


def header() -> tuple[str, ...]:
    """The headings of the columns."""
    return ("model", "data", "images / targets", *column_titles())


def column_titles() -> tuple[str, ...]:
    """The headings of the columns that depend on the threshold."""
    return (*(figure.title for figure in table_columns()), "found / missed / false")


def rows(models: Sequence[ReportedModel]) -> list[Row]:
    """For each model, a row on all frames and a row per dataset if there are several."""
    table = []
    for number, model in enumerate(models):
        names = model.datasets
        if len(names) == 1:
            table.append(_row(number, model, names[0]))
            continue
        table.append(_row(number, model, POOLED))
        table += [_row(number, model.on(name), name) for name in names]
    return table


def _row(number: int, model: ReportedModel, data: str) -> Row:
    levels = tuple(map(_cells, model.levels, model.level_intervals))
    size = f"{model.evaluation.images} / {model.evaluation.targets}"
    return Row(number, model.name, data, size, levels, model.stops.default)


def _cells(
    evaluation: Evaluation, intervals: Mapping[str, tuple[float, float] | None]
) -> tuple[Cell, ...]:
    def cell(figure: Figure) -> Cell:
        value, bounds = figure.value(evaluation), intervals.get(figure.key)
        return Cell(figure.text(value), figure.interval_text(bounds))

    counts = f"{evaluation.tp} / {evaluation.fn} / {evaluation.fp}"
    return (*map(cell, table_columns()), Cell(counts))


def error_text(evaluation: Evaluation) -> str:
    """The statistics of the position error in the words of ``irpoint evaluate``."""
    error = evaluation.localisation_error
    if error is None:
        return "No target was matched."
    return (
        f"Mean {error.mean:.2f}, median {error.median:.2f}, 95th percentile {error.p95:.2f} px; "
        f"bias x {error.bias_x:+.2f}, y {error.bias_y:+.2f} px (cross)."
    )


@dataclass(frozen=True)
class Compared:
    """F1 of one model minus that of the first model at one operating point, as text."""

    model: str
    point: str
    recall: str
    f1: str
    difference: str
    interval: str
    p_value: str


def comparisons(models: Sequence[ReportedModel]) -> list[Compared]:
    """Every other model with the first one, at each operating point that all of them have.

    Nothing if there are no targets.
    """
    first, *others = models
    if not first.evaluation.targets:
        return []  # F1 is undefined
    lines = []
    for point, base in first.stops.presets.items():
        for other in others:
            if point in other.stops.presets:
                mine, its = other.levels[other.stops.presets[point]], first.levels[base]
                lines.append(_compared(other.name, point, mine, its))
    return lines


def _compared(name: str, point: str, one: Evaluation, base: Evaluation) -> Compared:
    found = compare(one, base)
    low, high = (100 * v for v in found.interval_95)
    p = f"{found.p_value:.3f}" if found.p_value >= 0.001 else "< 0.001"
    return Compared(
        model=name,
        point=point,
        recall=f"{100 * one.recall:.2f} against {100 * base.recall:.2f}",
        f1=f"{100 * one.f1:.2f} against {100 * base.f1:.2f}",
        difference=f"{100 * found.difference:+.1f}",
        interval=f"{low:+.1f} to {high:+.1f}",
        p_value=p,
    )


@dataclass(frozen=True)
class TableFormat:
    """A format in which a table is copied; the page and the file are made from it.

    Attributes:
        name: its name in the page.
        file: name of a file of this format.
        both: a figure and its interval, for ``$value`` and ``$interval``.
        replaced: texts that stand for others in figures.
        template: the table, with ``⟦row.column⟧`` for the figures and ``⟦model⟧`` for thresholds.
    """

    name: str
    file: str
    both: str
    replaced: tuple[tuple[str, str], ...]
    template: str

    def fill(self, table: Sequence[Row], thresholds: Sequence[str]) -> str:
        """The table at the thresholds in use."""

        def text(found: re.Match[str]) -> str:
            row, _, column = found[1].partition(".")
            if not column:
                return thresholds[int(row)]
            cell = table[int(row)].cells[int(column)]
            both = self.both.replace("$value", cell.value).replace("$interval", cell.interval)
            shown = both if cell.interval else cell.value
            for old, new in self.replaced:
                shown = shown.replace(old, new)
            return shown

        return re.sub(r"⟦([\d.]+)⟧", text, self.template)


def markdown(table: Sequence[Row]) -> TableFormat:
    """The table as Markdown."""
    lines = _lines(table, lambda text: text.replace("|", "\\|"))
    body = ["| " + " | ".join(line) + " |" for line in lines]
    body.insert(1, "|" + " --- |" * len(lines[0]))
    return TableFormat("Markdown", "figures.md", "$value ($interval)", (), "\n".join(body) + "\n")


def latex(table: Sequence[Row], models: Sequence[ReportedModel]) -> TableFormat:
    r"""The table as a LaTeX ``tabular`` with intervals, for the package ``booktabs``."""
    head, *lines = _lines(table, _escaped)
    used = "; ".join(f"{model.name} ⟦{number}⟧" for number, model in enumerate(models))
    template = "\n".join(
        [
            f"% irpoint {__version__}, split {models[0].split}, point protocol, radius "
            f"{models[0].radius:g} px; thresholds: {used}".replace("\n", " "),
            "% In brackets: 95 % intervals, bootstrap over images.",
            rf"\begin{{tabular}}{{ll{'r' * (len(head) - 2)}}}",
            r"\toprule",
            " & ".join(head) + r" \\",
            r"\midrule",
            *(" & ".join(line) + r" \\" for line in lines),
            r"\bottomrule",
            r"\end{tabular}",
            "",
        ]
    )
    both = r"$value {\scriptsize [$interval]}"
    return TableFormat("LaTeX", "figures.tex", both, (("–", "--"),), template)


def _lines(table: Sequence[Row], escape: Callable[[str], str]) -> list[tuple[str, ...]]:
    lines = [tuple(map(escape, header()))]
    for number, row in enumerate(table):
        tokens = (f"⟦{number}.{column}⟧" for column in range(len(row.cells)))
        lines.append((*map(escape, (row.model, row.data, row.size)), *tokens))
    return lines


def _escaped(text: str) -> str:
    text = text.replace("\\", "/")
    for special in "&%$#_{}":
        text = text.replace(special, f"\\{special}")
    return text.replace("–", "--").replace("~", r"\textasciitilde{}").replace("^", r"\^{}")
