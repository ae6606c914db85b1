"""Checkpoints of a run: the last one, to resume from, and the best weights so far."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Checkpoint
from safetensors.torch import save

from irpoint.system.atomic import atomic_write
from irpoint.training.module import ResponseModule
from irpoint.training.run_folder import BEST, BEST_FIGURES, LAST


class KeepLastAndBest(Checkpoint):
    """Writes ``last.ckpt`` after every epoch, ``best.safetensors`` after every improvement.

    Both writes are atomic, so that a run that is killed at any moment can resume from its last
    epoch. Lightning calls checkpoint callbacks after all others, so the saved state is final.

    Args:
        run: folder of the run.
        on_saved: called with the number of epochs that the saved state contains.
    """

    def __init__(self, run: Path, on_saved: Callable[[int], None]) -> None:
        self.run = run
        self.on_saved = on_saved
        self.best: dict[str, float] = {"val_f1": -1.0}

    def on_validation_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        assert isinstance(module, ResponseModule)
        figures = {k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith("val_")}
        if trainer.sanity_checking or figures["val_f1"] <= self.best["val_f1"]:
            return
        # After the last epoch Lightning counts one more.
        epoch = min(trainer.current_epoch + 1, module.settings.epochs)
        self.best = figures | {"epoch": epoch}
        if not trainer.is_global_zero:
            return
        mean = figures["val_error_px"]
        error = "no target found" if math.isnan(mean) else f"mean error {mean:.2f} px"
        trainer.print(
            f"epoch {epoch}: best val F1 so far {figures['val_f1']:.4f} "
            f"(precision {figures['val_precision']:.4f}, recall {figures['val_recall']:.4f}, "
            f"{error})"
        )
        self._write_weights(module)
        defined = {k: None if math.isnan(v) else v for k, v in self.best.items()}
        atomic_write(self.run / BEST_FIGURES, json.dumps(defined, indent=2) + "\n")

    def _write_weights(self, module: ResponseModule) -> None:
        state = {k: v.contiguous() for k, v in module.average.state_dict().items()}
        atomic_write(self.run / BEST, save(state))

    def on_train_epoch_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        assert isinstance(module, ResponseModule)
        if module.settings.held_out_run and trainer.is_global_zero:
            self._write_weights(module)  # no split is held out, so the last weights are kept
        part = self.run / f".{LAST}"
        trainer.save_checkpoint(part)
        if not trainer.is_global_zero:
            return
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(self.run / LAST)
        self.on_saved(trainer.current_epoch + 1)

    def on_load_checkpoint(
        self, trainer: L.Trainer, module: L.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        self.on_saved(checkpoint["next_epoch"])

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best = state_dict["best"]
