"""``irpoint export`` and ``irpoint import-weights``: other people's weights, other runtimes."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from irpoint.errors import IrpointWarning, SettingsError
from irpoint.system.atomic import check_folder


def export(
    model: Annotated[str, typer.Option(help="Folder of a training run; or a model's name.")],
    to: Annotated[str, typer.Option(help="Format: onnx or openvino.")] = "onnx",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the OpenVINO files. Default: the run.")
    ] = None,
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Quantise to 8 bits, and measure what that costs and gains."),
    ] = False,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="For --int8: data set folder with the splits train and val; repeat it."),
    ] = None,
) -> None:
    """Export a model, checked: nothing is written where it is not equal to what it comes from.

    onnx: the best weights of a run as [bold]model.onnx[/], with threshold and figures of the
    validation split on the card beside it.

    openvino: any model that irpoint runs as [bold]model.xml[/] and [bold]model.bin[/]; use it as
    [bold]--model OUT[/].

    Example: [bold]irpoint export --model spire --to openvino --int8 --data mine --out small[/]
    """
    if int8 != bool(data) or (int8 and (to != "openvino" or out is None)):
        raise SettingsError("--int8 goes with --to openvino, --data DIR and --out DIR")
    if out is not None:
        check_folder(out)
    if int8 and data and out:
        _int8(model, data, out)
        return
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
    from irpoint.export.openvino import to_openvino
    from irpoint.zoo import digest, find_model

    model = find_model(name)
    if out is None and not Path(name).is_dir():
        raise SettingsError(f"--model {name}: is no run; say where to write with --out DIR")
    folder = out or Path(name)
    # Which is what --model FOLDER would run.
    onnx = folder / "model.onnx"
    if onnx.exists() and digest(onnx.read_bytes()) != model.card.sha256:
        raise SettingsError(f"--out {folder}: holds another model; give another folder")
    return to_openvino(model, folder)


def _int8(name: str, data: list[Path], out: Path) -> None:
    if find_spec("nncf") is None or find_spec("openvino") is None:
        raise SettingsError("--int8 needs NNCF and OpenVINO: pip install 'irpoint[int8]'")
    if (out / "model.onnx").exists():
        raise SettingsError(f"--out {out}: holds another model; give another folder")
    from irpoint.datasets.load import load_dataset
    from irpoint.datasets.pool import pool
    from irpoint.evaluation.splits import trained_on
    from irpoint.export.int8 import to_int8
    from irpoint.zoo import find_model

    model = find_model(name)
    train, val = ([load_dataset(path, split) for path in data] for split in ("train", "val"))
    seen = trained_on(model.card.data, model.card.split, [one.name for one in val], "val")
    frames = pool(val)
    with warnings.catch_warnings(action="ignore", category=IrpointWarning):  # of shrunk frames
        made = to_int8(model, pool(train), frames, out)
    typer.echo(str(made.path))
    typer.echo(f"irpoint: {len(frames)} validation frames; network alone at 512²:", err=True)
    for precision, rated in made.rated.items():
        line = f"  {precision:4}  F1 {100 * rated.f1:5.2f} %  {rated.ms:6.1f} ms"
        typer.echo(line, err=True)
    if seen:
        said = f"{model.card.name} was trained on this split of {', '.join(seen)}"
        typer.echo(f"irpoint: {said}: these figures are not held out", err=True)
    typer.echo(f"irpoint: {made.verdict}", err=True)


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
    from irpoint.training.import_weights import import_spire

    typer.echo(str(import_spire(file, out, side)))
