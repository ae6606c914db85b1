"""The plan of a training: frames and steps, written once and never changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from irpoint.label.training.saved import read_saved
from irpoint.system.atomic import atomic_write

FILE = "plan.json"


class PlanFrame(BaseModel):
    """A labelled frame.

    Attributes:
        name: its name in the exported dataset.
        frame: its name on the page.
        clip: the clip that it belongs to, see :func:`irpoint.label.training.scenes.scenes`.
        index: its number in its file or folder.
        targets: number of its points.
        val: whether it is in the list ``val``.
        learned: whether the present model was trained or validated on it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    frame: str
    clip: str
    index: int
    targets: int
    val: bool
    learned: bool = False


class Step(BaseModel):
    """One training.

    Attributes:
        name: ``fold-1``, ``half-1`` or ``final``.
        title: what it is for, in words.
        epochs, crops: number of epochs, and of crops in all of them.
        settings: of :class:`irpoint.training.settings.TrainSettings`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    epochs: int
    crops: int
    settings: dict[str, Any]


class Plan(BaseModel):
    """A training of the page.

    Attributes:
        name: name of its run and of its model, as ``runs/3``.
        model: the present model; None if there was none, and ``start`` is compared.
        start: name of the model that is compared with the new one.
        method: method of both.
        polarity: targets that are looked for.
        frames: the labelled frames.
        folds: number of folds; 0 if there is no comparison.
        reason: why there is no comparison; empty if there is one.
        warning: what may make the comparison unfair; empty if nothing is known.
        steps: the trainings, in order.
        crop_s: expected seconds per crop, until two epochs tell it better.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    model: str | None
    start: str
    method: str
    polarity: Literal["bright", "dark", "both"]
    frames: tuple[PlanFrame, ...]
    folds: int
    reason: str = ""
    warning: str = ""
    steps: tuple[Step, ...]
    crop_s: float = 0.0

    @property
    def epochs(self) -> int:
        """Number of epochs of the training of the new model."""
        return self.steps[-1].epochs

    def save(self, folder: Path) -> None:
        """Write the plan into the folder of the training."""
        atomic_write(folder / FILE, self.model_dump_json())


def read_plan(folder: Path) -> Plan:
    """The plan of a training.

    Raises:
        ModelError: if it cannot be read.
    """
    return read_saved(Plan, folder / FILE)
