"""Starts, stops and resumes trainings in a separate process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from irpoint.errors import IrpointError, SettingsError, one_line
from irpoint.label.training.folds import too_few
from irpoint.label.training.plan import PlanFrame, read_plan
from irpoint.label.training.planning import Wanted, crops_of, make_plan, write_copy
from irpoint.label.training.progress import (
    ANSWER,
    Progress,
    estimate,
    log_of,
    read_progress,
)
from irpoint.label.training.schedule import FINE_TUNING, Schedule, as_options
from irpoint.label.training.start import folder_of_run, is_run, start_of, training_folder
from irpoint.system.atomic import atomic_write

_STOP_S = 10.0


@dataclass(frozen=True)
class Estimate:
    """What a training would do.

    Attributes:
        frames, targets: what it would learn.
        seconds: how long it takes.
        compare_seconds: how much of it is for the comparison.
        measured: whether the speed is that of an earlier training, and not a guess.
        reason: why the models could not be compared; empty if they can.
    """

    frames: int
    targets: int
    seconds: float
    compare_seconds: float
    measured: bool
    reason: str


class Trainer:
    """Runs one training at a time, in ``runs/1``, ``runs/2``, …

    Args:
        runs: folder of the runs, an attribute, too.
        schedule: how long to train.
    """

    def __init__(self, runs: Path, schedule: Schedule | None = None) -> None:
        self.runs, self._schedule = runs, schedule or Schedule()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    def start(
        self, dataset: Path, frames: Sequence[PlanFrame], model: str | None, base: str,
        *, polarity: str = "bright", compare: bool = True, warning: str = "",
    ) -> Progress:  # fmt: skip
        """Start to train on a dataset.

        Args:
            dataset: folder of the dataset, of which a copy is kept.
            frames: its frames in the lists ``train`` and ``val``.
            model: the present model; None if there is none.
            base: the model to train, and to compare the new one with: a shipped one, as ``spire``,
                or a run, as ``runs/3``.
            polarity: targets that the models look for.
            compare: whether to compare the present and the new model.
            warning: what may make the comparison unfair.

        Raises:
            DatasetError: if the copy cannot be written.
            ModelError: if the model has no weights to start from.
            SettingsError: if a training is running already, or PyTorch is not installed.
        """
        with self._lock:
            self.check_free()
            run = self.new_run()
            folder = training_folder(run)
            wanted = Wanted(f"runs/{run.name}", model, base, start_of(self.runs, base),
                            polarity, compare, warning)  # fmt: skip
            card = wanted.start.card
            crop_s, _ = estimate(self.runs, card.method, card.gmac_512, 1, 0)
            plan = make_plan(wanted, frames, self._schedule, folder)
            plan = plan.model_copy(update={"crop_s": crop_s})
            write_copy(dataset, plan, folder)
            plan.save(folder)  # last: a folder with a plan is complete
            self._launch(folder)
        return self.progress()

    def resume(self) -> Progress:
        """Resume the last training, which was stopped or has failed.

        Raises:
            SettingsError: if there is none to resume, or one is running.
        """
        with self._lock:
            self.check_free()
            run = self._last_run()
            state = None if run is None else read_progress(run, None, running=False).state
            if run is None or state == "done":
                raise SettingsError("there is no training to resume; start one")
            self._launch(training_folder(run))
        return self.progress()

    def check_free(self) -> None:
        """Check that a training can start.

        Raises:
            SettingsError: if one is running, or PyTorch is not installed.
        """
        if find_spec("torch") is None or find_spec("lightning") is None:
            raise SettingsError("training needs PyTorch: pip install 'irpoint[train]'")
        if self._process is not None and self._process.poll() is None:
            raise SettingsError("a training is running already; stop it, or wait until it ends")

    def _launch(self, folder: Path) -> None:
        self._stopped = False
        try:
            with log_of(folder).open("ab") as log:
                self._process = subprocess.Popen(
                    self.job(folder), stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
                    start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            raise SettingsError(f"{folder}: cannot start to train ({one_line(error)})") from error

    def job(self, folder: Path) -> list[str]:
        """The command of the process that works through the plan in ``folder``."""
        call = "from irpoint.label.training.job import main; main()"
        return [sys.executable, "-c", call, str(folder)]

    def new_run(self) -> Path:
        """The folder of the next run."""
        numbers = [int(path.stem) for path in self.runs.glob("*") if path.stem.isdecimal()]
        return self.runs / str(max(numbers, default=0) + 1)

    def command(self, data: Path, frames: int, init: str, run: Path) -> list[str]:
        """The command of a training without a comparison, for a terminal.

        Args:
            data: folder of the dataset.
            frames: number of its frames, which determines the length of an epoch.
            init: the model to start from, as ``base`` of :meth:`start`.
            run: the folder to write to.

        Raises as :meth:`start`.
        """
        if find_spec("torch") is None or find_spec("lightning") is None:
            raise SettingsError("training needs PyTorch: pip install 'irpoint[train]'")
        start = start_of(self.runs, init)
        card = start.card
        call = [sys.executable, "-c", "from irpoint.cli import main; main()", "train"]
        call += ["--data", str(data), "--method", card.method, "--scale", card.input_scale]
        call += ["--init", str(start.weights), "--epochs", str(self._schedule.epochs)]
        call += ["--out", str(run)]
        call += [] if card.width is None else ["--set", f"width={card.width}"]
        crops = self._schedule.crops_per_epoch(frames)
        return [*call, *as_options({"crops_per_epoch": crops, **FINE_TUNING})]

    def stop(self) -> Progress:
        """Stop the training, which can be resumed after its last epoch."""
        with self._lock:
            process = self._process
            if process is not None and process.poll() is None:
                self._stopped = True
                assert process.stdin is not None
                with contextlib.suppress(OSError):
                    process.stdin.close()  # the process exits at once, see the job
                try:
                    process.wait(_STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        return self.progress()

    def model_after(self, *, use: bool) -> str | None:
        """The new model, or the one that was chosen when its training started.

        Raises:
            SettingsError: if no training is done.
        """
        plan = read_plan(self._done())
        return plan.name if use else plan.model

    def note_answer(self, *, use: bool) -> None:
        """Note whether the new model was chosen.

        Raises:
            SettingsError: if no training is done, or this cannot be written.
        """
        folder = self._done()
        try:
            atomic_write(folder / ANSWER, json.dumps({"answer": "used" if use else "kept"}))
        except OSError as error:
            raise SettingsError(f"{folder}: cannot be written ({one_line(error)})") from error

    def _done(self) -> Path:
        run = self._last_run()
        if run is None or read_progress(run, None, running=False).state != "done":
            raise SettingsError("no training is done; wait until it ends, or resume it")
        return training_folder(run)

    def progress(self) -> Progress:
        """Progress of the last training, also of one that an earlier server started."""
        run = self._last_run()
        if run is None:
            return Progress()
        code = None if self._process is None else self._process.poll()
        running = self._process is not None and code is None
        return read_progress(run, None if self._stopped else code, running=running)

    def learned(self, model: str) -> set[str] | None:
        """The frames of the page that a model has learned; None if they are not known."""
        if not is_run(model):
            return set()
        folder = training_folder(folder_of_run(self.runs, model))
        try:
            return {frame.frame for frame in read_plan(folder).frames}
        except IrpointError:
            return None

    def estimate(self, frames: Sequence[PlanFrame], base: str, *, compare: bool = True) -> Estimate:
        """What a training would do, and how long it would take.

        Args:
            frames, base, compare: as for :meth:`start`.

        Raises as :meth:`start`.
        """
        start = start_of(self.runs, base)
        wanted = Wanted("", None, base, start, "bright", compare)
        reason = too_few(frames, base)
        before, final = crops_of(frames, wanted, self._schedule)
        method, gmac = start.card.method, start.card.gmac_512
        steps = 6 if before else 0
        total, measured = estimate(self.runs, method, gmac, before + final, steps + 1)
        alone, _ = estimate(self.runs, method, gmac, final, 1)
        targets = sum(frame.targets for frame in frames)
        return Estimate(len(frames), targets, total, total - alone, measured, reason)

    def _folders(self) -> list[Path]:
        """The folders of all trainings that have a plan, oldest first."""
        folders = [path.parent for path in self.runs.glob("*.training/plan.json")]
        return sorted((f for f in folders if f.stem.isdecimal()), key=lambda f: int(f.stem))

    def _last_run(self) -> Path | None:
        folders = self._folders()
        return self.runs / folders[-1].stem if folders else None
