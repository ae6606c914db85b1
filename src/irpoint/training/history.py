"""The figures of every epoch, in ``logs/csv/metrics.csv`` and for TensorBoard."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback
from torch.utils.tensorboard import SummaryWriter

from irpoint.system.atomic import atomic_write

METRICS = Path("logs") / "csv" / "metrics.csv"
_EVENTS = Path("logs") / "tensorboard"

Row = dict[str, float]


class History(Callback):
    """Writes a row per epoch: its number from 0, the step, the loss, and figures if it validated.

    The file is rewritten before the checkpoint of the epoch. Whenever the run is killed, it has all
    epochs of the checkpoint; epochs after it are dropped when the run resumes.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._rows: list[Row] = []
        self._figures: Row = {}
        self._next_step = 0
        self._events: SummaryWriter | None = None

    def on_load_checkpoint(
        self, trainer: L.Trainer, module: L.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        self._rows = read_history(self._run, checkpoint["next_epoch"])
        self._next_step = checkpoint["global_step"] + 1

    def on_fit_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        if trainer.is_global_zero and (self._run / METRICS).exists():
            self._write()

    def on_validation_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        self._figures = _defined(trainer, "val_")
        after_training = trainer.state.fn == "validate" and self._rows
        if after_training and not self._figures.keys() <= self._rows[-1].keys():
            self._rows[-1] |= self._figures
            self._record(trainer, self._figures)

    def on_train_epoch_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        figures = _defined(trainer, "train_") | self._figures
        place: Row = {"epoch": trainer.current_epoch, "step": trainer.global_step}
        self._rows.append(place | figures)
        self._figures = {}
        self._record(trainer, figures)

    def _record(self, trainer: L.Trainer, figures: Row) -> None:
        if not trainer.is_global_zero:
            return
        self._write()
        if self._events is None:
            folder = str(self._run / _EVENTS)
            # TensorBoard leaves out the events of a killed process from this step on.
            self._events = SummaryWriter(folder, purge_step=self._next_step)
        for name, value in figures.items():
            self._events.add_scalar(name, value, trainer.global_step)
        self._events.flush()

    def _write(self) -> None:
        columns = list(dict.fromkeys(name for row in self._rows for name in row))
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, columns, lineterminator="\n")
        table.writeheader()
        for row in self._rows:
            table.writerow({k: int(v) if k in ("epoch", "step") else v for k, v in row.items()})
        atomic_write(self._run / METRICS, text.getvalue())


def read_history(run: Path, epochs: int) -> list[Row]:
    """One row for each of the first epochs that has one.

    The log of an older version may have several rows for an epoch.
    """
    merged: dict[int, Row] = {}
    try:
        with (run / METRICS).open(newline="") as lines:
            for row in csv.DictReader(lines):
                values = {name: float(value) for name, value in row.items() if name and value}
                merged.setdefault(int(values["epoch"]), {}).update(values)
    except (OSError, ValueError, KeyError):
        return []  # no log, or not one of this program
    return [merged[epoch] for epoch in sorted(merged) if epoch < epochs]


def _defined(trainer: L.Trainer, prefix: str) -> Row:
    """The figures of a prefix without those that are undefined, such as errors without a match."""
    figures = {k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith(prefix)}
    return {name: value for name, value in figures.items() if not math.isnan(value)}
