"""The weights from which a training starts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from irpoint.zoo import ModelCard, find_model, shipped_weights


@dataclass(frozen=True)
class Start:
    """Initial weights, and the card of their model.

    Attributes:
        weights: a safetensors file.
        card: method, width and input scale, which the training keeps.
    """

    weights: Path
    card: ModelCard


def is_run(model: str) -> bool:
    """Whether the name of a model is that of a run, as ``runs/3``."""
    return model.startswith("runs/")


def folder_of_run(runs: Path, model: str) -> Path:
    """The folder of the run ``runs/3``."""
    return runs / model.removeprefix("runs/")


def training_folder(run: Path) -> Path:
    """The folder with the plan of the training that wrote ``run``."""
    return run.with_name(f"{run.name}.training")


def start_of(runs: Path, model: str) -> Start:
    """The weights from which a training of ``model`` starts.

    All labels are trained on each time, so a training starts where the first one did. A model that
    has learned some of the frames already could not be compared on them, and would forget other
    cameras a little more with each training.

    Args:
        runs: folder of the runs.
        model: a shipped model, or a run, as ``runs/3``.

    Raises:
        ModelError: if the model cannot be found, or has no weights to start from.
    """
    if not is_run(model):
        return Start(shipped_weights(model), find_model(model).card)
    run = folder_of_run(runs, model)
    return Start(_first_weights(run), find_model(run).card)


def _first_weights(run: Path) -> Path:
    """The initial weights of the first of the trainings of the page that led to a run."""
    weights = run / "best.safetensors"
    while training_folder(run).exists() or run.with_suffix(".log").exists():
        try:
            before = Path(json.loads((run / "settings.json").read_bytes())["init"])
        except (OSError, ValueError, KeyError, TypeError):
            break
        if not before.is_file() or before.parent == run:
            break
        weights, run = before, before.parent
    return weights
