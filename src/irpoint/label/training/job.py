"""The process that works through a plan. It ends with the server that started it.

Whatever ends it, the next process with the same plan resumes: models that are judged are not
trained again, and the training that was interrupted resumes after its last epoch.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from irpoint.datasets import LabelledFrame, load_dataset
from irpoint.errors import IrpointError, one_line
from irpoint.label.training.judging import judge, save_judged
from irpoint.label.training.outcome import judged_file, write_outcome
from irpoint.label.training.plan import Plan, Step, read_plan
from irpoint.label.training.planning import DATASET
from irpoint.label.training.start import folder_of_run, is_run
from irpoint.system.atomic import atomic_write, lock_folder
from irpoint.zoo import Model, find_model

CLOCK, ERROR, DONE = "clock.json", "error.txt", "done"
_WAIT_S = 20  # for an earlier process to end


@dataclass
class Clock:
    """Where a training is, and how fast; written after every epoch.

    Attributes:
        step: name of the step.
        epoch: number of its finished epochs.
        at: time of this record, seconds since 1970.
        crop_s: seconds per crop; 0 if not known yet.
        fixed_s: seconds of a step besides its crops: start, export and judging.
    """

    step: str = ""
    epoch: int = 0
    at: float = 0.0
    crop_s: float = 0.0
    fixed_s: float = 0.0


def read_clock(folder: Path) -> Clock:
    """The last record of a training; an empty one if there is none."""
    try:
        return Clock(**json.loads((folder / CLOCK).read_bytes()))
    except (OSError, ValueError, TypeError):
        return Clock()


class _Timer:
    """Keeps the clock of the training in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._file, self._clock = folder / CLOCK, read_clock(folder)
        self._began = self._last = time.monotonic()
        self._step: Step | None = None
        self._crops_s = 0.0  # time of the epochs of this step
        self._whole = False  # whether this process has done the whole step

    def begin(self, step: Step) -> None:
        self._step, self._crops_s, self._whole = step, 0.0, True
        self._began = self._last = time.monotonic()
        self._write(0)

    def epoch(self, number: int) -> None:
        """Note that the state after ``number`` epochs is saved, or was loaded."""
        now = time.monotonic()
        assert self._step is not None
        if self._clock.epoch == number - 1:
            spent = now - self._last
            per_crop = spent / (self._step.crops / self._step.epochs)
            if number > 1:  # the first epoch has the start in it
                known = self._clock.crop_s or per_crop
                self._clock.crop_s = known + (per_crop - known) * (1 if number == 2 else 0.3)
            if self._clock.crop_s:
                self._crops_s += self._clock.crop_s * self._step.crops / self._step.epochs
            else:
                self._whole = False  # the start cannot be told from the crops
        else:
            self._whole = False  # resumed
        self._last = now
        self._write(number)

    def end(self) -> None:
        if self._whole and self._clock.crop_s:
            self._clock.fixed_s = max(0.0, time.monotonic() - self._began - self._crops_s)

    def _write(self, epoch: int) -> None:
        assert self._step is not None
        self._clock.step, self._clock.epoch, self._clock.at = self._step.name, epoch, time.time()
        atomic_write(self._file, json.dumps(asdict(self._clock)))


def work(plan: Plan, folder: Path) -> None:
    """Do the steps of a plan that are not done yet.

    Raises:
        IrpointError: if a training or a judgement fails.
    """
    runs, timer = folder.parent, _Timer(folder)
    if plan.folds and not judged_file(folder, "before").exists():
        frames = [f for k in range(1, plan.folds + 1) for f in _frames(folder, f"fold-{k}")]
        save_judged(judged_file(folder, "before"), judge(_model(runs, plan), plan.polarity, frames))
    for step in plan.steps:
        final = step.name == "final"
        run = folder_of_run(runs, plan.name) if final else folder / step.name
        if not final and judged_file(folder, step.name).exists():
            shutil.rmtree(run, ignore_errors=True)  # if the process was killed before it did
            continue
        timer.begin(step)
        _train(step, run, timer)
        if not final:
            fold = step.name.replace("half", "fold")
            found = judge(find_model(run), plan.polarity, _frames(folder, fold))
            save_judged(judged_file(folder, step.name), found)
            shutil.rmtree(run, ignore_errors=True)
        write_outcome(plan, folder)
        timer.end()
    atomic_write(folder / DONE, "")


def _train(step: Step, run: Path, timer: _Timer) -> None:
    from irpoint.training.run import train  # PyTorch takes seconds to import
    from irpoint.training.settings import TrainSettings

    if not (run / "model.json").exists():  # the card is written last
        settings = TrainSettings.model_validate(step.settings)
        train(settings, run, resume=True, on_saved=timer.epoch)


def _model(runs: Path, plan: Plan) -> Model:
    return find_model(folder_of_run(runs, plan.start) if is_run(plan.start) else plan.start)


def _frames(folder: Path, fold: str) -> list[LabelledFrame]:
    return list(load_dataset(folder / DATASET, f"{fold}-judged"))


def main() -> None:
    """Work through the plan in the folder that is the last argument."""
    folder = Path(sys.argv[-1])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    (folder / ERROR).unlink(missing_ok=True)
    try:
        _wait_for_lock(folder)
        work(read_plan(folder), folder)
    except KeyboardInterrupt:
        sys.exit(130)
    except IrpointError as error:
        _fail(folder, str(error))
    except Exception as error:
        traceback.print_exc()  # for the log; the page shows one line
        _fail(folder, one_line(error) or type(error).__name__)


def _fail(folder: Path, line: str) -> None:
    atomic_write(folder / ERROR, line)
    print(line, flush=True)
    sys.exit(1)


def _end_with_parent() -> None:
    """Exit when the standard input ends: the server holds its other side, however it ends."""
    # Not sys.stdin.read: a process that prepares crops would wait for its lock forever.
    while os.read(0, 1):
        pass
    os._exit(3)


def _wait_for_lock(folder: Path) -> None:
    """Lock the folder for the rest of this process; one that is ending may still hold it."""
    until = time.monotonic() + _WAIT_S
    while True:
        lock = lock_folder(folder)
        if lock.__enter__():
            _LOCKS.append(lock)
            return
        lock.__exit__(None, None, None)
        if time.monotonic() > until:
            raise IrpointError(f"{folder}: another process is training there; stop it first")
        time.sleep(0.2)


_LOCKS: list[object] = []  # a lock ends when it is collected
