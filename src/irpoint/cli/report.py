"""``irpoint report``: an HTML report on one or several models."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from irpoint.cli.completion import complete_backend
from irpoint.errors import SettingsError


def report(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of training runs, or files of irpoint evaluate --json FILE --points."
        ),
    ],
    out: Annotated[Path, typer.Option(help="HTML file to write.")] = Path("report.html"),
    latex: Annotated[
        Path | None,
        typer.Option(help="Also write the table of figures with intervals to this LaTeX file."),
    ] = None,
    backend: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Runtime of the networks of runs; as for irpoint evaluate.",
            autocompletion=complete_backend,
        ),
    ] = "onnxruntime",
) -> None:
    """Write an HTML report: figures with intervals, curves, misses and false alarms.

    Several models are shown side by side. They must be evaluated on the same images.

    Example: [bold]irpoint report runs/spire result.json --out report.html[/]
    """
    if find_spec("jinja2") is None:
        raise SettingsError("report needs jinja2: pip install 'irpoint[report]'")
    from irpoint.report import write_report

    def progress(frames: Iterable[int]) -> Iterable[int]:
        console = Console(stderr=True)
        hidden = not console.is_terminal
        return track(list(frames), "Pictures", console=console, disable=hidden, transient=True)

    write_report(sources, out, backend, latex, progress)
    for file in (out, latex):
        if file is not None:
            typer.echo(str(file))
