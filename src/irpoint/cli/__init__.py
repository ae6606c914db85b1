"""The command line: one module a command, nothing but argument parsing and printing."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from typing import NoReturn

import typer

from irpoint._version import __version__
from irpoint.cli.benchmark import benchmark
from irpoint.cli.convert import convert
from irpoint.cli.detect import detect
from irpoint.cli.doctor import doctor
from irpoint.cli.evaluate import evaluate
from irpoint.cli.export import export, import_weights
from irpoint.cli.label import label
from irpoint.cli.models import models
from irpoint.cli.report import report
from irpoint.cli.simulate import simulate
from irpoint.cli.train import train
from irpoint.errors import IrpointError, IrpointWarning, one_line

app = typer.Typer(
    name="irpoint",
    help="Find point-like targets in infrared frames, trained from one click per target.",
    no_args_is_help=True,
    add_completion=False,
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


def _one_line_warning(message: Warning | str, *_: object, **__: object) -> None:
    typer.echo(f"irpoint: warning: {message}", err=True)


app.command("benchmark")(benchmark)
app.command("convert")(convert)
app.command("detect")(detect)
app.command("doctor")(doctor)
app.command("evaluate")(evaluate)
app.command("models")(models)
app.command("export")(export)
app.command("import-weights")(import_weights)
app.command("label")(label)
app.command("report")(report)
app.command("simulate")(simulate)
app.command("train")(train)


def main() -> None:
    """Run the command line; what goes wrong becomes one line and exit code 1.

    That is any :class:`IrpointError`, and what the system refuses.
    """
    warnings.simplefilter("ignore")  # what libraries tell developers; ours are for users
    warnings.simplefilter("always", IrpointWarning)
    warnings.showwarning = _one_line_warning
    try:
        app()
    except IrpointError as error:
        _fail(str(error))
    except OSError as error:  # but for closed pipes, at which click ends the process quietly
        reason = one_line(error)
        _fail(reason if error.filename is None else f"{error.filename}: {reason}")


def _fail(message: str) -> NoReturn:
    with suppress(OSError):  # of a terminal that is gone
        typer.echo(f"irpoint: error: {message}", err=True)
    try:
        sys.stdout.flush()
    except OSError:  # Python would try again at its exit, and say so
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)
