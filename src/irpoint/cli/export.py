"""``irpoint export`` and ``irpoint import-weights``: models for other runtimes, and from others."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import typer

from irpoint.cli.completion import complete_export_format, complete_method, complete_model
from irpoint.errors import IrpointWarning, SettingsError
from irpoint.system.atomic import check_folder


def export(
    model: Annotated[
        str,
        typer.Option(help="Folder of a training run, or a model.", autocompletion=complete_model),
    ],
    to: Annotated[
        str,
        typer.Option(
            help="Format, such as onnx or openvino.", autocompletion=complete_export_format
        ),
    ] = "onnx",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the exported files. Default: the run.")
    ] = None,
    int8: Annotated[
        bool,
        typer.Option("--int8", help="Quantise to 8 bits, and measure the changes of F1 and speed."),
    ] = False,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            help="For --int8: dataset folder with the splits train and val; repeat for several."
        ),
    ] = None,
) -> None:
    """Export a model to another format, and check that its response is unchanged.

    onnx: write the best weights of a training run as [bold]model.onnx[/]. Threshold and figures on
    its card come from the validation split.

    openvino: write any model as [bold]model.xml[/] and [bold]model.bin[/]. Use them as
    [bold]--model OUT[/].

    Nothing is written if the responses differ.

    Example: [bold]irpoint export --model spire --to openvino --int8 --data mine --out small[/]
    """
    if int8 != bool(data) or (int8 and (to != "openvino" or out is None)):
        raise SettingsError("--int8 needs --to openvino, --data DIR and --out DIR; give them all")
    if out is not None:
        check_folder(out)
    if int8 and data and out:
        _int8(model, data, out)
    elif to != "onnx":
        typer.echo(str(_export_model(model, to, out)))
    elif out is not None:
        raise SettingsError("--out: an ONNX export is always written to its run; remove --out")
    else:
        from irpoint.cli.torch_needed import torch_needed

        torch_needed("export")
        from irpoint.training.export_run import export_run

        typer.echo(str(export_run(Path(model))))


def _export_model(name: str, to: str, out: Path | None) -> Path:
    from irpoint.export.formats import find_format
    from irpoint.zoo import digest, find_model

    chosen = find_format(to)
    model = find_model(name)
    if out is None and not Path(name).is_dir():
        raise SettingsError(f"--model {name}: is not the folder of a run; give --out DIR as well")
    folder = out or Path(name)
    # --model FOLDER would run model.onnx, not the exported file.
    onnx = folder / "model.onnx"
    if onnx.exists() and digest(onnx.read_bytes()) != model.card.sha256:
        raise SettingsError(f"--out {folder}: contains another model; give another folder")
    return chosen.write(model, folder)


def _int8(name: str, data: list[Path], out: Path) -> None:
    from irpoint.export.formats import require_libraries

    require_libraries("--int8", ("nncf", "openvino"), "int8")
    if (out / "model.onnx").exists():
        raise SettingsError(f"--out {out}: contains another model; give another folder")
    from irpoint.datasets.auto_split import run_folder, saved_lists
    from irpoint.datasets.load import load_dataset
    from irpoint.datasets.pool import pool
    from irpoint.evaluation.splits import trained_on
    from irpoint.export.int8 import to_int8
    from irpoint.zoo import find_model

    model = find_model(name)
    lists = saved_lists(run_folder(name))
    train, val = (
        [load_dataset(path, split, lists=lists) for path in data] for split in ("train", "val")
    )
    seen = trained_on(model.card.data, model.card.split, [one.name for one in val], "val")
    frames = pool(val)
    with warnings.catch_warnings(action="ignore", category=IrpointWarning):  # of shrunk frames
        made = to_int8(model, pool(train), frames, out)
    typer.echo(str(made.path))
    typer.echo(f"irpoint: {len(frames)} validation frames; network alone at 512²:", err=True)
    for precision, figures in made.figures.items():
        line = f"  {precision:4}  F1 {100 * figures.f1:5.2f} %  {figures.ms:6.1f} ms"
        typer.echo(line, err=True)
    if seen:
        message = f"{model.card.name} was trained on this split of {', '.join(seen)}"
        typer.echo(f"irpoint: {message}: these figures are not held out", err=True)
    typer.echo(f"irpoint: {made.verdict}", err=True)


def import_weights(
    file: Annotated[Path, typer.Argument(help="Published checkpoint (.pth).")],
    method: Annotated[
        str,
        typer.Option(
            help="Method that the weights belong to.",
            autocompletion=complete_method,
        ),
    ] = "spire",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the model; new or empty. Default: METHOD-published."),
    ] = None,
    side: Annotated[
        int | None,
        typer.Option(help="Input side of the weights, in pixels. Default: the publication's."),
    ] = None,
) -> None:
    """Convert a published checkpoint to a model of irpoint.

    Only tensors are loaded from the file, never code. The model keeps the published normalisation,
    resize, cell positions and decoder. Use it as [bold]--model OUT[/].
    """
    from irpoint.cli.torch_needed import torch_needed

    torch_needed("import-weights")
    from irpoint.methods import find_method
    from irpoint.training.import_weights import import_weights as convert

    chosen = find_method(method)
    folder = out or Path(f"{chosen.name}-published")
    typer.echo(str(convert(file, folder, chosen, side)))
