"""Training from the page: runs ``irpoint train`` in a separate process and follows its logs."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from irpoint.errors import SettingsError
from irpoint.zoo import find_model, shipped_weights


@dataclass(frozen=True)
class Schedule:
    """How long to train.

    Attributes:
        epochs: number of epochs.
        crops_per_frame: crops per labelled frame in each epoch.
        min_crops, max_crops: limits of the crops per epoch. With the defaults, an epoch shows every
            label several times and takes one or two minutes.
    """

    epochs: int = 20
    crops_per_frame: int = 6
    min_crops: int = 120
    max_crops: int = 1200

    def crops_per_epoch(self, frames: int) -> int:
        """Crops per epoch for a number of labelled frames."""
        return min(max(frames * self.crops_per_frame, self.min_crops), self.max_crops)


@dataclass(frozen=True)
class Progress:
    """Progress of a training.

    Attributes:
        state: ``none`` (not started), ``running``, ``done``, ``stopped`` or ``failed``.
        name: name of the run and of its model.
        epoch, epochs: number of finished epochs, and of all epochs.
        loss: training loss of each epoch.
        f1: (epoch, F1 on the val list) of each validation.
        message: last line of the output of a failed training.
    """

    state: Literal["none", "running", "done", "stopped", "failed"] = "none"
    name: str = ""
    epoch: int = 0
    epochs: int = 0
    loss: tuple[float, ...] = ()
    f1: tuple[tuple[int, float], ...] = ()
    message: str = ""


class Trainer:
    """Runs one training at a time, in ``runs/1``, ``runs/2``, …

    Args:
        runs: folder of the runs.
        schedule: how long to train.
    """

    def __init__(self, runs: Path, schedule: Schedule | None = None) -> None:
        self._runs, self._schedule = runs, schedule or Schedule()
        self._process: subprocess.Popen[bytes] | None = None
        self._run = runs
        self._stopped = False
        self._lock = threading.Lock()

    def start(self, data: Path, frames: int, init: str) -> Progress:
        """Start to train on a dataset.

        Args:
            data: folder of the dataset.
            frames: number of its frames, which determines the length of an epoch.
            init: the model to start from: a shipped one, as ``spire``, or a run, as ``runs/3``.

        Raises:
            SettingsError: if a training is running already, or PyTorch is not installed.
            ModelError: if the model has no weights to start from.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                raise SettingsError("a training is running already; stop it, or wait until it ends")
            run = self.new_run()
            command = self.command(data, frames, init, run)
            self._run, self._stopped = run, False
            self._runs.mkdir(parents=True, exist_ok=True)
            with _log(run).open("wb") as log:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
                )
        return self.progress()

    def new_run(self) -> Path:
        """The folder of the next run."""
        numbers = [int(path.stem) for path in self._runs.glob("*") if path.stem.isdecimal()]
        return self._runs / str(max(numbers, default=0) + 1)

    def command(self, data: Path, frames: int, init: str, run: Path) -> list[str]:
        """The command line of a training that writes to ``run``; see :meth:`start`."""
        if find_spec("torch") is None or find_spec("lightning") is None:
            raise SettingsError("training needs PyTorch: pip install 'irpoint[train]'")
        is_run = init.startswith("runs/")
        earlier = self._runs / init.removeprefix("runs/")
        card = find_model(earlier if is_run else init).card
        weights = earlier / "best.safetensors" if is_run else shipped_weights(init)
        call = [sys.executable, "-c", "from irpoint.cli import main; main()", "train"]
        call += ["--data", str(data), "--method", card.method, "--scale", card.input_scale]
        call += ["--init", str(weights), "--epochs", str(self._schedule.epochs), "--out", str(run)]
        call += [] if card.width is None else ["--set", f"width={card.width}"]
        settings = _fine_tuning_settings(self._schedule.crops_per_epoch(frames))
        return [*call, *(part for text in settings for part in ("--set", text))]

    def stop(self) -> Progress:
        """Stop the training. Its folder is kept, but its model cannot be chosen."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                self._stopped = True
                self._process.terminate()
                self._process.wait(timeout=30)
        return self.progress()

    def progress(self) -> Progress:
        """Progress of the last training that this session started."""
        if self._process is None:
            return Progress()
        code = self._process.poll()
        epochs, loss, f1 = _read_logs(self._run)
        name = f"runs/{self._run.name}"
        if code is None:
            return Progress("running", name, len(loss), epochs, loss, f1)
        if code == 0:
            return Progress("done", name, len(loss), epochs, loss, f1)
        state: Literal["stopped", "failed"] = "stopped" if self._stopped else "failed"
        message = "" if self._stopped else _last_line(_log(self._run))
        return Progress(state, name, len(loss), epochs, loss, f1, message)


def _log(run: Path) -> Path:
    return run.with_suffix(".log")


def _fine_tuning_settings(crops_per_epoch: int) -> list[str]:
    """Settings that differ from those of a training from scratch."""
    return [
        f"crops_per_epoch={crops_per_epoch}",
        "learning_rate=0.005",
        # Fine-tuning on a few frames adapts a model to a camera. Without this share of the initial
        # weights, the model would forget all other cameras.
        "initial_weight_share=0.5",
        "ema_decay=0.99",
        "val_every=2",
        "mine_every=5",
        "compile=false",  # compiling takes as long as a short training
    ]


def _read_logs(run: Path) -> tuple[int, tuple[float, ...], tuple[tuple[int, float], ...]]:
    """Number of epochs, training loss of each epoch, and (epoch, val F1), as logged so far."""
    try:
        epochs = int(json.loads((run / "settings.json").read_text())["epochs"])
        files = sorted(run.glob("logs/csv/metrics.csv"))
        rows = list(csv.DictReader(files[-1].open())) if files else []
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return 0, (), ()
    loss = tuple(float(row["train_loss"]) for row in rows if row.get("train_loss"))
    f1 = tuple((int(r["epoch"]) + 1, float(r["val_f1"])) for r in rows if r.get("val_f1"))
    return epochs, loss, f1


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:500] if lines else f"the training ended without a message; see {log}"
