"""``irpoint export`` and ``irpoint import-weights``: other people's weights, other runtimes."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from irpoint.errors import SettingsError


def export(
    model: Annotated[str, typer.Option(help="Folder of a training run; or a model's name.")],
    to: Annotated[str, typer.Option(help="Format: onnx or openvino.")] = "onnx",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the OpenVINO files. Default: the run.")
    ] = None,
) -> None:
    """Export a model, checked: nothing is written where it is not equal to what it comes from.

    onnx: the best weights of a run as [bold]model.onnx[/], with threshold and figures of the
    validation split on the card beside it.

    openvino: any model that irpoint runs as [bold]model.xml[/] and [bold]model.bin[/].
    """
    if to == "openvino":
        typer.echo(str(_openvino(model, out)))
        return
    if to != "onnx":
        raise SettingsError(f"--to {to}: give onnx or openvino")
    if out is not None:
        raise SettingsError("--out: an ONNX export lies in its run; for openvino only")
    from irpoint.cli.torch_needed import torch_needed

    torch_needed("export")
    from irpoint.training.run import export_run

    typer.echo(str(export_run(Path(model))))


def _openvino(name: str, out: Path | None) -> Path:
    if find_spec("openvino") is None:
        raise SettingsError("--to openvino needs it: pip install 'irpoint[openvino]'")
    from irpoint.runtime.to_openvino import to_openvino
    from irpoint.zoo import find_model

    model = find_model(name)
    if out is None and not Path(name).is_dir():
        raise SettingsError(f"--model {name}: is no run; say where to write with --out DIR")
    return to_openvino(model, out or Path(name))


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
