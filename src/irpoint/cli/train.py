"""``irpoint train``: from clicked points to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def train(
    data: Annotated[
        list[Path], typer.Option(help="Data set folder, any layout; repeat for several.")
    ],
    method: Annotated[
        str | None,
        typer.Option(help="Published method to train. Default: that of --init, or spire."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the run.")] = Path("runs/spire"),
    resume: Annotated[bool, typer.Option(help="Go on from the run's last checkpoint.")] = False,
    split: Annotated[str, typer.Option(help="Split to train on; join several by '+'.")] = "train",
    epochs: Annotated[int | None, typer.Option(help="Number of epochs.")] = None,
    seed: Annotated[int, typer.Option(help="All randomness derives from it.")] = 0,
    init: Annotated[
        Path | None,
        typer.Option(help="Start from these weights: a safetensors file, or a shipped model."),
    ] = None,
    scale: Annotated[str | None, typer.Option(help="Input scale: native, or fit:N.")] = None,
    label_noise: Annotated[
        str | None,
        typer.Option(
            help="Move every label once: coarse (on its mask or in its box, as people click), or "
            "a standard deviation in pixels."
        ),
    ] = None,
    devices: Annotated[
        int, typer.Option(min=1, help="Processes on this machine; each takes part of every batch.")
    ] = 1,
    nodes: Annotated[int, typer.Option(min=1, help="Machines that train together.")] = 1,
    override: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any other setting, as NAME=VALUE or augment.NAME=VALUE."),
    ] = None,
) -> None:
    """Train a method from points alone and export it with a card.

    The run's folder holds settings, logs (CSV and TensorBoard), the last checkpoint, the best
    weights and, at the end, [bold]model.onnx[/] with its card. A run that was interrupted goes on
    with [bold]--resume[/]; give the same settings.

    Example: [bold]irpoint train --data NUDT-SIRST --data IRSTD-1k --out runs/mine[/]
    """
    from irpoint.cli.torch_needed import torch_needed

    torch_needed("train")
    from irpoint.training.overrides import settings_from

    named: dict[str, Any] = {"epochs": epochs, "init": init, "input_scale": scale}
    named["label_noise"] = label_noise
    values = _network(method, init) | {k: v for k, v in named.items() if v is not None}
    values |= {"data": data, "split": split, "seed": seed}
    settings = settings_from(values, override or [])
    from irpoint.training.distributed import is_leader
    from irpoint.training.run import train as fit

    model = fit(settings, out, resume=resume, devices=devices, nodes=nodes)
    if is_leader():
        typer.echo(f"{model}: try it with  irpoint detect IMAGES --model {out}")


def _network(method: str | None, init: Path | None) -> dict[str, Any]:
    """Method and width: of the shipped model that is started from, where nothing else is said."""
    from irpoint.zoo import find_model, model_names

    if init is not None and not init.exists() and str(init) in model_names():
        card = find_model(str(init)).card
        if method in (None, card.method):
            return {"method": card.method, "width": card.width}
    return {"method": method or "spire"}
