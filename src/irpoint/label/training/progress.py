"""The state of a training, as its files tell it."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from irpoint.errors import ModelError
from irpoint.label.training.job import CLOCK, DONE, ERROR, Clock, read_clock
from irpoint.label.training.outcome import judged_file, read_outcome
from irpoint.label.training.plan import Plan, read_plan
from irpoint.label.training.start import training_folder

State = Literal["none", "running", "stopped", "failed", "done"]
Answer = Literal["", "used", "kept"]

ANSWER = "answer.json"
# On two virtual server cores, one of them busy: seconds per crop, and per GMAC of a 512 x 512 frame
# in addition; seconds of a step for start, export and judging. Known better after an epoch.
_CROP_S, _GMAC_S, _FIXED_S = 0.015, 0.008, 25.0
_CORES = 2


@dataclass(frozen=True)
class Progress:
    """Progress of a training.

    Attributes:
        state: ``none`` (never started), ``running``, ``stopped`` (can be resumed), ``failed`` (can
            be resumed, too) or ``done``.
        name: name of the run and of its model, as ``runs/3``.
        model: the model that was chosen when it started; None if there was none.
        start: name of the model that is compared with the new one.
        step: what is trained now, in words.
        epoch, epochs: number of finished epochs, and of all epochs, of this step.
        share: share of all the work that is done, 0..1.
        seconds_left: estimate; None if nothing is running.
        message: one line that says why a training failed.
        frames, targets: what is learned.
        reason: why the models are not compared; empty if they are.
        warning: what may make the comparison unfair.
        outcome: comparison, advice and learning curve as far as they are known, else None.
        answer: whether the new model was chosen (``used``) or not (``kept``); empty before.
    """

    state: State = "none"
    name: str = ""
    model: str | None = None
    start: str = ""
    step: str = ""
    epoch: int = 0
    epochs: int = 0
    share: float = 0.0
    seconds_left: float | None = None
    message: str = ""
    frames: int = 0
    targets: int = 0
    reason: str = ""
    warning: str = ""
    outcome: dict[str, Any] | None = None
    answer: Answer = ""


def read_progress(run: Path, exit_code: int | None, *, running: bool) -> Progress:
    """The progress of the training of a run.

    Args:
        run: the run's folder, which need not exist yet.
        exit_code: of a process that has ended; None if it is unknown.
        running: whether a process works on it.
    """
    folder = training_folder(run)
    name = f"runs/{run.name}"
    try:
        plan = read_plan(folder)
    except ModelError as error:
        return Progress("failed", name, message=str(error))
    state, message = _state(folder, exit_code, running)
    clock = read_clock(folder)
    at = _current(plan, folder, clock)
    step = plan.steps[at]
    epoch = clock.epoch if clock.step == step.name else 0
    done = sum(s.crops for s in plan.steps[:at]) + step.crops * epoch / step.epochs
    share = 1.0 if state == "done" else done / sum(s.crops for s in plan.steps)
    return Progress(
        state, name, plan.model, plan.start, step.title, epoch, step.epochs, share,
        _left(plan, at, epoch, clock) if running else None, message,
        len(plan.frames), sum(frame.targets for frame in plan.frames),
        plan.reason, plan.warning, read_outcome(folder), read_answer(folder),
    )  # fmt: skip


def _state(folder: Path, exit_code: int | None, running: bool) -> tuple[State, str]:
    if running:
        return "running", ""
    if (folder / DONE).exists():
        return "done", ""
    try:
        return "failed", (folder / ERROR).read_text(encoding="utf-8")[:500]
    except OSError:
        pass
    if exit_code is not None and exit_code < 0:
        return (
            "failed",
            f"the training was killed (signal {-exit_code}), perhaps for lack of memory",
        )
    if exit_code:
        return "failed", last_line(folder)
    return "stopped", ""


def _current(plan: Plan, folder: Path, clock: Clock) -> int:
    """Index of the first step that is not done."""
    for at, step in enumerate(plan.steps[:-1]):
        if not judged_file(folder, step.name).exists():
            return at
    return len(plan.steps) - 1


def _left(plan: Plan, at: int, epoch: int, clock: Clock) -> float | None:
    crop_s = clock.crop_s or plan.crop_s
    if not crop_s:
        return None
    step = plan.steps[at]
    fixed = clock.fixed_s or _FIXED_S
    crops = sum(s.crops for s in plan.steps[at + 1 :])
    since = time.time() - clock.at if clock.step == step.name else 0.0
    now = max(0.0, step.crops * (1 - epoch / step.epochs) * crop_s + fixed - since)
    return now + crops * crop_s + fixed * (len(plan.steps) - 1 - at)


def estimate(runs: Path, method: str, gmac: float, crops: int, steps: int) -> tuple[float, bool]:
    """How long trainings take, in seconds, and whether an earlier one says so.

    Args:
        runs: folder of the runs; the last training of the same method tells the speed.
        method: method of the model.
        gmac: billion multiply-adds of the model for a 512 × 512 frame.
        crops: number of crops of all steps.
        steps: number of steps.
    """
    for clock_file in sorted(runs.glob(f"*.training/{CLOCK}"), key=_modified, reverse=True):
        clock = read_clock(clock_file.parent)
        try:
            known = read_plan(clock_file.parent).method == method and clock.crop_s > 0
        except ModelError:
            continue
        if known:
            return crops * clock.crop_s + steps * (clock.fixed_s or _FIXED_S), True
    slow = _CORES / min(max(os.cpu_count() or 1, 1), 8)
    return crops * (_CROP_S + _GMAC_S * gmac) * slow + steps * _FIXED_S, False


def last_line(folder: Path) -> str:
    """The last line of the output of a training."""
    log = log_of(folder)
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1][:500] if lines else f"the training ended without a message; see {log}"


def log_of(folder: Path) -> Path:
    """The file with the output of a training."""
    return folder / "log.txt"


def read_answer(folder: Path) -> Answer:
    """Whether the new model was chosen; empty if that is not decided yet."""
    try:
        answer = json.loads((folder / ANSWER).read_bytes())["answer"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return answer if answer in ("used", "kept") else ""


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
