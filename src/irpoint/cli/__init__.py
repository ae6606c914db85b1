"""The command line: one module per command, which parses arguments and prints results."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import typer

from irpoint._version import __version__
from irpoint.cli.bad_pixels import bad_pixels
from irpoint.cli.benchmark import benchmark
from irpoint.cli.calibrate import calibrate
from irpoint.cli.convert import convert
from irpoint.cli.detect import detect
from irpoint.cli.doctor import doctor
from irpoint.cli.evaluate import evaluate
from irpoint.cli.export import export, import_weights
from irpoint.cli.label import label
from irpoint.cli.live import live
from irpoint.cli.models import models
from irpoint.cli.report import report
from irpoint.cli.serve import serve
from irpoint.cli.simulate import simulate
from irpoint.cli.train import train
from irpoint.cli.warn import show_repeated_warnings, show_warning
from irpoint.errors import IrpointError, IrpointWarning, one_line

app = typer.Typer(
    name="irpoint",
    help="Find point-like targets in infrared frames, trained from one click per target.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"irpoint {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


# In the order of the help text, the most frequent commands first.
_COMMANDS: dict[str, dict[str, Callable[..., None]]] = {
    "Detection": {
        "detect": detect,
        "live": live,
        "calibrate": calibrate,
        "bad-pixels": bad_pixels,
        "models": models,
    },
    "Labels and training": {"label": label, "train": train, "simulate": simulate},
    "Datasets and evaluation": {"evaluate": evaluate, "report": report, "convert": convert},
    "Deployment": {"serve": serve, "export": export, "import-weights": import_weights},
    "This machine": {"benchmark": benchmark, "doctor": doctor},
}
for _panel, _commands in _COMMANDS.items():
    for _name, _command in _commands.items():
        app.command(_name, rich_help_panel=_panel)(_command)


def main() -> None:
    """Run the command line.

    Every :class:`IrpointError` and every error of the operating system becomes one line on
    standard error, with exit code 1.
    """
    warnings.simplefilter("ignore")  # the warnings of libraries are meant for developers
    warnings.simplefilter("always", IrpointWarning)
    warnings.showwarning = show_warning
    try:
        app(prog_name="irpoint")
    except IrpointError as error:
        _fail(str(error))
    except OSError as error:  # except a closed pipe, for which Click exits without a message
        reason = one_line(error)
        _fail(reason if error.filename is None else f"{error.filename}: {reason}")
    finally:
        show_repeated_warnings()


def _fail(message: str) -> NoReturn:
    with suppress(OSError):  # the terminal may be closed
        typer.echo(f"irpoint: error: {message}", err=True)
    try:
        sys.stdout.flush()
    except OSError:  # prevent Python from flushing again at exit and reporting a second error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)
