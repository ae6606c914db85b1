"""Print the figures of an evaluation on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from irpoint.evaluation.figure import Figure
    from irpoint.evaluation.suites import Suite

NEAR_DUPLICATES = (
    "The public datasets have near-duplicate frames (of one sequence) in train and test: "
    "figures on other scenes can be lower."
)
NO_TARGETS = (
    "There are no targets, so precision, recall and F1 are undefined; false alarms are the figure."
)


def show(
    console: Console,
    content: dict[str, Any],
    title: str,
    threshold_from: str,
    notes: Sequence[str] = (),
    suite: Suite | None = None,
) -> None:
    """Print the result of an evaluation.

    Args:
        console: console to print to.
        content: from :func:`irpoint.evaluation.result`.
        title: name of the model or of the file of predictions.
        threshold_from: how the threshold was chosen.
        notes: warnings to print in bold.
        suite: its published figures are printed below.
    """
    threshold = content["threshold"]
    level = "no threshold" if threshold is None else f"threshold {threshold:.4g}"
    console.print(
        f"[bold]{escape(title)}[/] on {escape(content['split'])}: protocol "
        f"{content['protocol']}, radius {content['radius_px']:g} px, {level} "
        f"({threshold_from})"
    )
    console.print(_table(content))
    if not content["targets"]:
        console.print(NO_TARGETS)
    error = content["localisation_error_px"]
    spread = (
        "no localisation error, because nothing matched"
        if error["mean"] is None
        else f"localisation error median {error['median']:.2f}, 95th percentile "
        f"{error['p95']:.2f}, bias x {error['bias_x']:+.2f}, y {error['bias_y']:+.2f} px"
    )
    console.print(
        f"{content['tp']} targets found, {content['fn']} missed, {content['fp']} false points; "
        f"{spread}."
    )
    if "false_pixels_per_mpx" in content:
        console.print(
            f"Pixels of false blobs: {content['false_pixels_per_mpx']:.2f} per million pixels "
            "(the papers' Fa, in 1e-6)."
        )
    console.print("Below each figure is its 95 % interval (bootstrap over images).")
    console.print(NEAR_DUPLICATES)
    for note in notes:
        console.print(f"[bold yellow]{escape(note)}[/]")
    if suite:
        console.print(_published(suite))
        console.print(suite.note)


def _table(content: dict[str, Any]) -> Table:
    """One row per dataset below the pooled one; fits 80 columns."""
    from irpoint.evaluation.figures import table_columns

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    table.add_column("data\nimages/targets", min_width=14, overflow="fold")
    columns = table_columns()
    for figure in columns:
        table.add_column(figure.title.replace(" ", "\n", 1), justify="right", no_wrap=True)
    datasets = content.get("datasets", {})
    table.add_row(*_cells("pooled" if datasets else content["data"][0], content, columns))
    for name, figures in datasets.items():
        table.add_row(*_cells(name, figures, columns))
    return table


def _published(suite: Suite) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("published", min_width=14)
    for title in ("precision %", "recall %", "F1 %"):
        table.add_column(title, justify="right")
    for row in suite.published:
        cells = (row.precision, row.recall, row.f1)
        table.add_row(row.method, *("–" if c is None else f"{c:.2f}" for c in cells))
    return table


def _cells(name: str, figures: dict[str, Any], columns: Sequence[Figure]) -> list[str]:
    counts = f"{figures['images']}/{figures['targets']}"
    return [f"{escape(name)}\n[dim]{counts}[/]", *(_cell(figures, column) for column in columns)]


def _cell(figures: dict[str, Any], figure: Figure) -> str:
    value, bounds = figures.get(figure.key), figures["interval_95"].get(figure.key)
    if figure.table_value(value) is None:
        return figure.text(value)
    return f"[bold]{figure.text(value)}[/]\n[dim]{figure.interval_text(bounds)}[/]"
