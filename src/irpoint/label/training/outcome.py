"""The outcome of a training as far as it is known: comparison, learning curve, advice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from irpoint.evaluation.counts import FrameCounts
from irpoint.label.training.advice import advice
from irpoint.label.training.comparison import compared
from irpoint.label.training.folds import make_folds, scene_of
from irpoint.label.training.growth import Sizes, growth
from irpoint.label.training.judging import Judged, read_judged
from irpoint.label.training.plan import Plan
from irpoint.system.atomic import atomic_write

FILE = "outcome.json"
JUDGED = "judged"


def judged_file(folder: Path, name: str) -> Path:
    """The file with what a model found: ``before``, or the name of a step."""
    return folder / JUDGED / f"{name}.json"


def write_outcome(plan: Plan, folder: Path) -> None:
    """Write what the steps that are done tell; nothing before all folds are judged."""
    folds = [f"fold-{k}" for k in range(1, plan.folds + 1)]
    halves = [step.name for step in plan.steps if step.name.startswith("half")]
    if not plan.folds or not _all_done(folder, [*folds, "before"]):
        return
    by_name = {frame.name: frame for frame in plan.frames}
    judged = [read_judged(judged_file(folder, name)) for name in folds]
    before, after = _counts([read_judged(judged_file(folder, "before"))]), _counts(judged)
    scenes = [scene_of(by_name[frame.name]) for frame in after]
    outcome: dict[str, Any] = {
        "compared": asdict(compared(before, after, scenes)),
        "advice": asdict(advice(judged, plan.frames)),
        "growth": None,
    }
    if len(halves) == plan.folds and _all_done(folder, halves):
        half = _counts([read_judged(judged_file(folder, name)) for name in halves])
        targets = sum(frame.targets for frame in plan.frames)
        outcome["growth"] = asdict(growth(half, after, scenes, _sizes(plan), targets))
    atomic_write(folder / FILE, json.dumps(outcome, allow_nan=False))


def read_outcome(folder: Path) -> dict[str, Any] | None:
    """What :func:`write_outcome` wrote; None if nothing is known yet."""
    try:
        outcome: dict[str, Any] = json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return outcome


def _all_done(folder: Path, names: Sequence[str]) -> bool:
    return all(judged_file(folder, name).exists() for name in names)


def _counts(judged: Sequence[Judged]) -> list[FrameCounts]:
    """Counts of all judged frames, in the order of their names."""
    counts = [frame for part in judged for frame in part.counts()]
    return sorted(counts, key=lambda frame: frame.name)


def _sizes(plan: Plan) -> Sizes:
    folds = make_folds(plan.frames)
    half, whole = (sum(len(part) for part in parts) / len(folds) for parts in (
        [fold.half for fold in folds], [fold.train for fold in folds],
    ))  # fmt: skip
    return Sizes(half, whole, len(plan.frames))
