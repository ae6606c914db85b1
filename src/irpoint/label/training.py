"""Training from the page: ``irpoint train`` in a process of its own, watched by its logs."""

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

_EPOCHS = 20
# Crops an epoch: every label is seen several times, and an epoch stays within a minute or two.
_CROPS_A_FRAME, _LEAST_CROPS, _MOST_CROPS = 6, 120, 1200


@dataclass(frozen=True)
class Progress:
    """Where a training is.

    Attributes:
        state: ``none`` (never started), ``running``, ``done``, ``stopped`` or ``failed``.
        name: of the model that comes of it.
        epoch, epochs: finished, and in all.
        loss: training loss by epoch.
        f1: (epoch, F1 on the val list), as far as measured.
        message: the last line of a training that failed.
    """

    state: Literal["none", "running", "done", "stopped", "failed"] = "none"
    name: str = ""
    epoch: int = 0
    epochs: int = 0
    loss: tuple[float, ...] = ()
    f1: tuple[tuple[int, float], ...] = ()
    message: str = ""


class Trainer:
    """At most one training at a time, each in ``runs/1``, ``runs/2``, …

    Args:
        runs: folder of the runs.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._process: subprocess.Popen[bytes] | None = None
        self._run = runs
        self._stopped = False
        self._lock = threading.Lock()

    def start(self, data: Path, frames: int, init: str) -> Progress:
        """Begin to train on a data set, from a shipped model or one's own run.

        Args:
            data: the data set folder.
            frames: how many it holds; sets the length of an epoch.
            init: a shipped model with weights, as ``spire``; or ``runs/3``.

        Raises:
            SettingsError: where a training is running already, or PyTorch is missing.
            ModelError: where the model has no weights to start from.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                raise SettingsError("a training is running already: stop it first, or wait")
            command = self.command(data, frames, init)
            self._stopped = False
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
                )
        return self.progress()

    def command(self, data: Path, frames: int, init: str) -> list[str]:
        """The command line of a new run; arguments and errors as :meth:`start`."""
        if find_spec("torch") is None or find_spec("lightning") is None:
            raise SettingsError("training needs PyTorch: pip install 'irpoint[train]'")
        own = init.startswith("runs/")
        first = self._runs / init.removeprefix("runs/")
        card = find_model(first if own else init).card
        weights = first / "best.safetensors" if own else shipped_weights(init)
        self._runs.mkdir(parents=True, exist_ok=True)
        numbers = [int(path.stem) for path in self._runs.iterdir() if path.stem.isdecimal()]
        self._run = self._runs / str(max(numbers, default=0) + 1)
        call = [sys.executable, "-c", "from irpoint.cli import main; main()", "train"]
        call += ["--data", str(data), "--method", card.method, "--scale", card.input_scale]
        call += ["--init", str(weights), "--epochs", str(_EPOCHS), "--out", str(self._run)]
        call += [] if card.width is None else ["--set", f"width={card.width}"]
        return [*call, *(part for text in _settings(frames) for part in ("--set", text))]

    def stop(self) -> Progress:
        """End the training; what it has reached is lost for the page but stays in its folder."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                self._stopped = True
                self._process.terminate()
                self._process.wait(timeout=30)
        return self.progress()

    def progress(self) -> Progress:
        """Read the logs of the last training that this page has started."""
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
        message = "" if self._stopped else _last_line(self._log)
        return Progress(state, name, len(loss), epochs, loss, f1, message)

    @property
    def _log(self) -> Path:
        return self._run.with_suffix(".log")


def _settings(frames: int) -> list[str]:
    """What fine-tuning on a small data set does differently from training."""
    crops = min(max(frames * _CROPS_A_FRAME, _LEAST_CROPS), _MOST_CROPS)
    return [
        f"crops_per_epoch={crops}",
        "learning_rate=0.005",
        # A few frames teach a camera; without this share the network would forget all others.
        "initial_weight_share=0.5",
        "ema_decay=0.99",
        "val_every=2",
        "mine_every=5",
        "compile=false",  # takes as long as a short training
    ]


def _read_logs(run: Path) -> tuple[int, tuple[float, ...], tuple[tuple[int, float], ...]]:
    """Number of epochs, training loss by epoch, (epoch, val F1); what is there so far."""
    try:
        epochs = int(json.loads((run / "settings.json").read_text())["epochs"])
        files = sorted(run.glob("logs/csv/metrics.csv"))
        rows = list(csv.DictReader(files[-1].open())) if files else []
    except (OSError, ValueError, KeyError):
        return 0, (), ()
    loss = tuple(float(row["train_loss"]) for row in rows if row.get("train_loss"))
    f1 = tuple((int(r["epoch"]) + 1, float(r["val_f1"])) for r in rows if r.get("val_f1"))
    return epochs, loss, f1


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:500] if lines else "ended without a word"
