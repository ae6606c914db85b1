"""``irpoint label``: the labelling page."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from irpoint.cli.completion import complete_model
from irpoint.cli.options import Polarity, Raw
from irpoint.defaults import DEFAULT_MODEL

if TYPE_CHECKING:
    from irpoint.frames.raw import RawLayout
    from irpoint.label import LabelSession


def label(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Frames: a dataset of any layout, or any folder."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for labels, exports and training runs.", show_default="DIR-labels"
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Model that proposes points; can be changed on the page. Default: the last one.",
            autocompletion=complete_model,
        ),
    ] = None,
    polarity: Polarity = "bright",
    raw: Raw = None,
    host: Annotated[
        str,
        typer.Option(help="Address to bind. If other machines can reach it, a token is required."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to bind; 0 chooses a free one.")
    ] = 8321,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    then_train: Annotated[
        bool, typer.Option("--then-train", help="Train on the labels after Ctrl-C.")
    ] = False,
) -> None:
    """Open a page to label targets with one click each.

    Every click is stored immediately. DIR is never changed: labels, exports and training runs are
    kept in a separate folder, and a later call resumes from it.

    Example: [bold]irpoint label recordings/harbour --model spire[/]
    """
    from irpoint.errors import SettingsError

    missing = [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]
    if missing:
        raise SettingsError(f"label needs {', '.join(missing)}: pip install 'irpoint[label]'")
    from irpoint.label import LabelSession
    from irpoint.label.serve import serve

    home = out or folder.absolute().with_name(f"{folder.absolute().name}-labels")
    session = LabelSession(folder, home, raw=_layout(raw))
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        session.choose(model or session.remembered_model, polarity)
        _print_summary(session)
        serve(session, host, port, lambda address: _show(address, browser))
        if then_train:
            _train(session, session.proposer.model or DEFAULT_MODEL)
    finally:
        session.close()
        signal.signal(signal.SIGTERM, before)


def _layout(raw: str | None) -> RawLayout | None:
    from irpoint.frames.raw import RawLayout

    return None if raw is None else RawLayout.parse(raw)


def _print_summary(session: LabelSession) -> None:
    for line in session.catalogue.skipped:
        typer.echo(f"irpoint: skipped: {line}", err=True)
    typer.echo(f"{len(session.catalogue)} frames; labels in {session.store.path}")


def _show(address: str, browser: bool) -> None:
    typer.echo(f"Label at  {address}  (every click is stored immediately; stop with Ctrl-C)")
    if browser:
        threading.Timer(0.5, webbrowser.open, [address]).start()


def _train(session: LabelSession, init: str) -> None:
    """Train on the labels, with the output in the terminal."""
    written, command = session.training_command(init)
    typer.echo(f"{written.frames} frames with {written.targets} targets; training from {init}")
    code = subprocess.run(command, check=False).returncode
    if code:
        raise typer.Exit(code)
