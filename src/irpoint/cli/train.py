"""``irpoint train``: from clicked points to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from irpoint.cli.completion import complete_method, complete_model
from irpoint.cli.stopping import StopOnSignal

Data = Annotated[list[Path], typer.Option(help="Dataset folder in any layout; repeat for several.")]
MethodName = Annotated[
    str | None,
    typer.Option(
        help="Method to train. Default: that of --init if it is a shipped model, or spire.",
        autocompletion=complete_method,
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder of the run. Default: runs/METHOD.")]
Resume = Annotated[bool, typer.Option(help="Resume from the run's last checkpoint.")]
Split = Annotated[
    str,
    typer.Option(
        help="Split to train on; join several by '+'. Data without split lists are split by "
        "sequence, four fifths to train."
    ),
]
ValSplit = Annotated[str, typer.Option(help="Split on which weights and thresholds are chosen.")]
Epochs = Annotated[int | None, typer.Option(help="Number of epochs.")]
Seed = Annotated[int, typer.Option(help="Seed of all random numbers.")]
Init = Annotated[
    Path | None,
    typer.Option(
        help="Initial weights: a safetensors file or a shipped model.",
        autocompletion=complete_model,
    ),
]
Scale = Annotated[str | None, typer.Option(help="Input scale: native or fit:N.")]
Noise = Annotated[
    str | None,
    typer.Option(
        help="Move every label once, as imprecise clicks would: coarse (within its mask or box), "
        "or a standard deviation in pixels."
    ),
]
Devices = Annotated[
    int, typer.Option(min=1, help="Processes on this machine; they share every batch.")
]
Nodes = Annotated[int, typer.Option(min=1, help="Number of machines.")]
Override = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any other setting, as NAME=VALUE or augment.NAME=VALUE."),
]


def train(
    data: Data,
    method: MethodName = None,
    out: Out = None,
    resume: Resume = False,
    split: Split = "train",
    val_split: ValSplit = "val",
    epochs: Epochs = None,
    seed: Seed = 0,
    init: Init = None,
    scale: Scale = None,
    label_noise: Noise = None,
    devices: Devices = 1,
    nodes: Nodes = 1,
    override: Override = None,
) -> None:
    """Train a method from points and export it with a model card.

    The folder of the run receives the settings, logs (CSV and TensorBoard), the last checkpoint,
    the best weights and finally [bold]model.onnx[/] with its card. Ctrl-C stops the run and prints
    the command that resumes it: the same one with [bold]--resume[/].

    Example: [bold]irpoint train --data NUDT-SIRST --data IRSTD-1k --out runs/mine[/]
    """
    from irpoint.cli.torch_needed import torch_needed

    torch_needed("train")
    named: dict[str, Any] = {"epochs": epochs, "init": init, "input_scale": scale}
    named["label_noise"] = label_noise
    values = _network(method, init) | {k: v for k, v in named.items() if v is not None}
    values |= {"data": data, "split": split, "val_split": val_split, "seed": seed}
    from irpoint.training.leader import is_leader

    with StopOnSignal(prints=is_leader()) as stop:
        from irpoint.training.overrides import settings_from
        from irpoint.training.run import train as fit

        settings = settings_from(values, override or [])
        run, stop.epochs = out or Path("runs") / settings.method, settings.epochs
        model = fit(
            settings, run, resume=resume, devices=devices, nodes=nodes, on_saved=stop.note_saved
        )
    if is_leader():
        typer.echo(f"{model}: try it with  irpoint detect IMAGES --model {run}")


def _network(method: str | None, init: Path | None) -> dict[str, Any]:
    """Method and width of the shipped model given as ``init``, unless another method is given."""
    from irpoint.zoo import find_model, model_names

    if init is not None and not init.exists() and str(init) in model_names():
        card = find_model(str(init)).card
        if method in (None, card.method):
            return {"method": card.method, "width": card.width}
    return {} if method is None else {"method": method}
