"""``irpoint report``: an HTML report on one or several models."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

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
    missing = [name for name in ("matplotlib", "jinja2") if find_spec(name) is None]
    if missing:
        raise SettingsError(f"report needs {', '.join(missing)}: pip install 'irpoint[report]'")
    from irpoint.report import write_report

    write_report(sources, out, backend)
    typer.echo(str(out))
