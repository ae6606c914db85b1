"""Plan a training: copy the labels, divide the frames, and list the steps."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from irpoint.errors import DatasetError, one_line
from irpoint.label.training.folds import Fold, make_folds, too_few, train_and_val
from irpoint.label.training.plan import Plan, PlanFrame, Step
from irpoint.label.training.schedule import FINE_TUNING, Schedule
from irpoint.label.training.start import Start
from irpoint.system.atomic import atomic_write

DATASET = "dataset"  # folder of the copy
_LISTS = "img_idx"


@dataclass(frozen=True)
class Wanted:
    """What is to be trained.

    Attributes:
        name: name of the new run, as ``runs/3``.
        model: the present model; None if there is none.
        base: name of the model that is compared with the new one: the present one, if there is.
        start: the weights from which all steps start.
        polarity: targets that the models look for.
        compare: whether to compare the models before the training of the new one.
        warning: what may make the comparison unfair.
    """

    name: str
    model: str | None
    base: str
    start: Start
    polarity: str
    compare: bool
    warning: str = ""


def make_plan(
    wanted: Wanted, frames: Sequence[PlanFrame], schedule: Schedule, folder: Path
) -> Plan:
    """The plan of a training.

    Args:
        wanted: what is to be trained.
        frames: the labelled frames.
        schedule: how long to train.
        folder: folder of the training, which will have a copy of the dataset.
    """
    reason, folds = _folds(wanted, frames)
    steps = [
        _step(f"{kind}-{k}", _title(kind, k, len(folds)), wanted, schedule, folder, names)
        for kind in ("fold", "half")
        for k, fold in enumerate(folds, 1)
        if (names := fold.train if kind == "fold" else fold.half)
    ]
    train = train_and_val(frames)[0]
    final = _step("final", "training on all labels", wanted, schedule, folder, train)
    return Plan(
        name=wanted.name,
        model=wanted.model,
        start=wanted.base,
        method=wanted.start.card.method,
        polarity=wanted.polarity,
        frames=tuple(frames),
        folds=len(folds),
        reason=reason,
        warning=wanted.warning,
        steps=(*steps, final),
    )


def crops_of(frames: Sequence[PlanFrame], wanted: Wanted, schedule: Schedule) -> tuple[int, int]:
    """Crops of the trainings for the comparison, and of the new model; for an estimate of time."""
    plan = make_plan(wanted, frames, schedule, Path())
    return sum(step.crops for step in plan.steps[:-1]), plan.steps[-1].crops


def _folds(wanted: Wanted, frames: Sequence[PlanFrame]) -> tuple[str, list[Fold]]:
    """Why there is no comparison, or the folds."""
    if not wanted.compare:
        return "The models are not compared.", []
    reason = too_few(frames, wanted.base)
    if reason:
        return reason, []
    folds = make_folds(frames)
    if not folds:
        return (
            "The frames cannot be divided for a comparison: too many targets are in a few seconds "
            "of one clip. Label frames that are farther apart, or another clip.",
            [],
        )
    return "", folds


def _title(kind: str, number: int, folds: int) -> str:
    what = "comparison" if kind == "fold" else "learning curve"
    return f"{what}, part {number} of {folds}"


def _step(
    name: str,
    title: str,
    wanted: Wanted,
    schedule: Schedule,
    folder: Path,
    train: Sequence[Any],
) -> Step:
    final = name == "final"
    size = schedule.crops_per_epoch if final else schedule.judged_crops_per_epoch
    crops, card = size(len(train)), wanted.start.card
    fold = name.replace("half", "fold")
    settings: dict[str, Any] = {
        "method": card.method,
        "data": [str(folder / DATASET)],
        "split": "train" if final else f"{name}-train",
        "val_split": "val" if final else f"{fold}-val",
        "input_scale": card.input_scale,
        "init": str(wanted.start.weights),
        "epochs": schedule.epochs,
        "crops_per_epoch": crops,
        **({} if card.width is None else {"width": card.width}),
        **FINE_TUNING,
    }
    total = crops * schedule.epochs
    return Step(name=name, title=title, epochs=schedule.epochs, crops=total, settings=settings)


def write_copy(dataset: Path, plan: Plan, folder: Path) -> None:
    """Copy a dataset into the folder of a training, with the split lists of its steps.

    The copy is what a resumed training continues with, whatever is labelled and exported in the
    meantime. Images are hard links, which take no space; an export replaces files and never writes
    into them.

    Raises:
        DatasetError: if the copy cannot be written.
    """
    target = folder / DATASET
    try:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(dataset, target, copy_function=_link)
        shutil.rmtree(target / _LISTS)
        for split, names in _lists(plan).items():
            text = "".join(f"{name}\n" for name in names)
            atomic_write(target / _LISTS / f"{split}.txt", text)
    except OSError as error:
        raise DatasetError(f"{target}: cannot be written ({one_line(error)})") from error


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)


def _lists(plan: Plan) -> dict[str, Sequence[str]]:
    train, val = train_and_val(plan.frames)
    for one, other in ((train, val), (val, train)):
        if not any(frame.targets for frame in one):  # a single frame with targets is in both
            one += [frame for frame in other if frame.targets]
    lists: dict[str, Sequence[str]] = {
        "train": [frame.name for frame in train],
        "val": [frame.name for frame in val],
    }
    for k, fold in enumerate(make_folds(plan.frames) if plan.folds else [], 1):
        lists |= {f"fold-{k}-judged": fold.judged, f"fold-{k}-train": fold.train}
        lists |= {f"fold-{k}-val": fold.val, f"half-{k}-train": fold.half}
    return {split: names for split, names in lists.items() if names}
