"""How long the trainings of the page are, and the settings of a fine-tuning."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_BATCH = 12  # crops; the default of the training

# Settings that differ from those of a training from scratch.
FINE_TUNING: dict[str, Any] = {
    "learning_rate": 0.005,
    # Fine-tuning on a few frames adapts a model to a camera. Without this share of the initial
    # weights, the model would forget all other cameras.
    "initial_weight_share": 0.5,
    "ema_decay": 0.99,
    "val_every": 2,
    "mine_every": 5,
    "compile": False,  # compiling takes as long as a short training
}


@dataclass(frozen=True)
class Schedule:
    """How long to train.

    Attributes:
        epochs: number of epochs.
        crops_per_frame: crops per labelled frame in each epoch.
        min_crops, max_crops: limits of the crops per epoch. With the defaults, an epoch shows every
            label several times and takes one or two minutes.
        judged_share, max_judged_crops: crops per epoch of a training that is only for the
            comparison, as a share of those above, and their limit.
    """

    epochs: int = 20
    crops_per_frame: int = 6
    min_crops: int = 120
    max_crops: int = 1200
    judged_share: float = 0.5
    max_judged_crops: int = 300

    def crops_per_epoch(self, frames: int) -> int:
        """Crops per epoch for a number of labelled frames."""
        return min(max(frames * self.crops_per_frame, self.min_crops), self.max_crops)

    def judged_crops_per_epoch(self, frames: int) -> int:
        """Crops per epoch of a training for the comparison, in whole batches."""
        wanted = min(self.judged_share * self.crops_per_epoch(frames), self.max_judged_crops)
        return max(1, round(wanted / _BATCH)) * _BATCH


def as_options(settings: dict[str, Any]) -> list[str]:
    """Settings as options of ``irpoint train``."""
    return [part for k, v in settings.items() for part in ("--set", f"{k}={json.dumps(v)}")]
