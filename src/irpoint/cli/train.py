"""``irpoint train``: from clicked points to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from irpoint.cli.completion import complete_method, complete_model, complete_recipe
from irpoint.cli.stopping import StopOnSignal

Data = Annotated[list[Path], typer.Option(help="Dataset folder in any layout; repeat for several.")]
MethodName = Annotated[
    str | None,
    typer.Option(
        help="Method to train. Default: that of --init if it is a shipped model, or spire.",
        autocompletion=complete_method,
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        help="Settings of a model (spire, p2p-lite, sshd, glint) or of a YAML file. Other options "
        "replace them.",
        autocompletion=complete_recipe,
    ),
]
Out = Annotated[
    Path | None, typer.Option(help="Folder of the run. Default: runs/RECIPE or runs/METHOD.")
]
Resume = Annotated[bool, typer.Option(help="Resume from the run's last checkpoint.")]
Split = Annotated[
    str | None,
    typer.Option(
        help="Split to train on; join several by '+'. Data without split lists are split by "
        "sequence, four fifths to train. Default: train."
    ),
]
ValSplit = Annotated[
    str | None,
    typer.Option(help="Split on which weights and thresholds are chosen. Default: val."),
]
Epochs = Annotated[int | None, typer.Option(help="Number of epochs.")]
Seed = Annotated[int | None, typer.Option(help="Seed of all random numbers. Default: 0.")]
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
    recipe: RecipeName = None,
    out: Out = None,
    resume: Resume = False,
    split: Split = None,
    val_split: ValSplit = None,
    epochs: Epochs = None,
    seed: Seed = None,
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

    The default model again: [bold]irpoint train --recipe spire[/] with its data.
    """
    from irpoint.cli.torch_needed import torch_needed

    torch_needed("train")
    named = {
        "epochs": epochs, "init": init, "input_scale": scale, "label_noise": label_noise,
        "split": split, "val_split": val_split, "seed": seed,
    }  # fmt: skip
    # A recipe names the method that it is for.
    network = _network(method, init if recipe is None else None)
    values = {"data": data, **network}
    values |= {name: value for name, value in named.items() if value is not None}
    from irpoint.training.leader import is_leader

    with StopOnSignal(prints=is_leader()) as stop:
        from irpoint.training.overrides import settings_from
        from irpoint.training.recipes import recipe_settings
        from irpoint.training.run import train as fit

        base = {} if recipe is None else recipe_settings(recipe, data)
        settings = settings_from(base | values, override or [])
        name = settings.method if recipe is None else Path(recipe).stem
        run, stop.epochs = out or Path("runs") / name, settings.epochs
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
