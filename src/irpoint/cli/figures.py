"""The figures of an evaluation as a terminal shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from irpoint.evaluation.suites import Suite

NEAR_DUPLICATES = (
    "The public sets hold near-duplicate frames (of one sequence) in train and test: "
    "figures on other scenes can be lower."
)


def show(
    console: Console,
    content: dict[str, Any],
    title: str,
    threshold_from: str,
    notes: Sequence[str] = (),
    suite: Suite | None = None,
) -> None:
    """Print the figures of ``irpoint.evaluation.result``.

    Args:
        title: name of the model or of the file of answers.
        threshold_from: how the threshold was chosen.
        notes: what must be said in bold.
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
    error = content["localisation_error_px"]
    spread = (
        "nothing matched, so no localisation error"
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
            f"Pixels of false blobs: {content['false_pixels_per_mpx']:.2f} a million pixels "
            "(the papers' Fa, in 1e-6)."
        )
    console.print("Below each figure its 95 % interval: bootstrap over images.")
    console.print(NEAR_DUPLICATES)
    for note in notes:
        console.print(f"[bold yellow]{escape(note)}[/]")
    if suite:
        console.print(_published(suite))
        console.print(suite.note)


def _table(content: dict[str, Any]) -> Table:
    """A row a data set under the pooled one; kept within 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    table.add_column("data\nimages/targets", min_width=14, overflow="fold")
    for title in ("precision\n%", "recall\n%", "F1\n%", "false\n/image", "false\n/Mpx"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("error\nmean px", justify="right", no_wrap=True)
    sets = content.get("datasets", {})
    table.add_row(*_cells("pooled" if sets else content["data"][0], content))
    for name, own in sets.items():
        table.add_row(*_cells(name, own))
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


def _cells(name: str, own: dict[str, Any]) -> list[str]:
    interval = own["interval_95"]
    return [
        f"{escape(name)}\n[dim]{own['images']}/{own['targets']}[/]",
        *(
            _cell(own[key], interval[key], _percent, f"{100 * own[key]:.2f}")
            for key in ("precision", "recall", "f1")
        ),
        *(
            _cell(own[key], interval[key], _rate)
            for key in ("false_alarms_per_image", "false_alarms_per_mpx")
        ),
        _cell(own["localisation_error_px"]["mean"], interval["localisation_error_px"], _rate),
    ]


def _cell(
    value: float | None,
    interval: Sequence[float] | None,
    written: Callable[[float], str],
    exact: str | None = None,
) -> str:
    if value is None or interval is None:
        return "–"
    return f"[bold]{exact or written(value)}[/]\n[dim]{'–'.join(map(written, interval))}[/]"


def _percent(fraction: float) -> str:
    return "100" if fraction == 1 else f"{100 * fraction:.1f}"


def _rate(value: float) -> str:
    """Three digits or so, whatever the size."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:.{digits}f}" if value else "0"
