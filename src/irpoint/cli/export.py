"""``irpoint export`` and ``irpoint import-weights``: other people's weights, other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from irpoint.errors import SettingsError


def export(
    model: Annotated[Path, typer.Option(help="Folder of a training run.")],
    to: Annotated[str, typer.Option(help="Format: onnx.")] = "onnx",
) -> None:
    """Export the best weights of a run and check them against the network.

    Writes [bold]model.onnx[/] and its card into the run, with the threshold and the figures of the
    validation split; nothing is written where the export is not equal to the network.
    """
    from irpoint.cli.torch_needed import torch_needed

    torch_needed("export")
    if to != "onnx":
        raise SettingsError(f"--to {to}: this version exports onnx")
    from irpoint.training.run import export_run

    typer.echo(str(export_run(model)))


def import_weights(
    file: Annotated[Path, typer.Argument(help="Published checkpoint (.pth).")],
    method: Annotated[str, typer.Option(help="Method the weights belong to: spire.")] = "spire",
    out: Annotated[Path, typer.Option(help="Folder of the model; new or empty.")] = Path(
        "spire-published"
    ),
    side: Annotated[int, typer.Option(help="Input side the weights were trained at.")] = 512,
) -> None:
    """Make a model of a published checkpoint that you hold.

    Only tensors are loaded from the file, never code. The model keeps the published normalisation,
    resize and lattice; use it as [bold]--model OUT[/].
    """
    from irpoint.cli.torch_needed import torch_needed

    torch_needed("import-weights")
    if method != "spire":
        raise SettingsError(f"--method {method}: this version imports spire")
    from irpoint.training.published import import_spire

    typer.echo(str(import_spire(file, out, side)))
