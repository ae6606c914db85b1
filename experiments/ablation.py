"""What each deviation from the publication buys: short trainings, one change each, several seeds.

    python -m experiments.ablation DATA OUT [--epochs 8] [--seeds 3]

Every training is a run of its own under OUT and goes on from where it was when the command is
given again. The table is Markdown on standard output; figures are of DATA's val list, whole frames,
at the threshold that is best there.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from irpoint.datasets import load_dataset, pool
from irpoint.errors import IrpointError, SettingsError
from irpoint.evaluation import EvaluatedFrame, evaluate
from irpoint.evaluation.splits import find_points
from irpoint.runtime import Detector
from irpoint.system.atomic import check_folder
from irpoint.training.run import export_run, fit
from irpoint.training.settings import TrainSettings

REFERENCE = "ours"
PUBLISHED_DECODER = "published decoder (relative gate, quarter shift)"
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    REFERENCE: {},
    "published PRPS": {"target_map": "published"},
    "plain Gaussian": {"target_map": "gaussian"},
    "plain Gaussian, centre quantised": {"target_map": "quantised-gaussian"},
    "plain Gaussian, overlaps averaged": {"target_map": "averaged-gaussian"},
    "published loss": {"foreground": 0.0},
    "frames at their native scale": {"input_scale": "native"},
    "AdamW": {"optimizer": "adamw", "learning_rate": 0.003},
}


@dataclass(frozen=True)
class Figures:
    """F1 in % and mean error in px of one run."""

    f1: float
    error: float


def ablate(data: Path, out: Path, epochs: int, seeds: int) -> dict[str, list[Figures]]:
    """Train every variant with every seed; gives the figures by variant.

    Raises:
        DatasetError: where the data cannot be read.
        SettingsError: where ``out`` is a file, or there is nothing to train.
    """
    check_folder(out)
    if epochs < 1 or seeds < 1:
        raise SettingsError(f"epochs {epochs}, seeds {seeds}: give 1 or more of both")
    table: dict[str, list[Figures]] = {}
    for name, changes in VARIANTS.items():
        for seed in range(seeds):
            # Searching misses and false alarms pays in long trainings and costs time in short ones.
            short = {"epochs": epochs, "val_every": epochs, "mine_every": 0}
            settings = TrainSettings.model_validate(
                {"data": [data], "seed": seed, **short, **changes}
            )
            run = out / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
            fit(settings, run, resume=True)
            best = json.loads((run / "best.json").read_text())
            own = Figures(100 * best["val_f1"], best["val_error_px"])
            table.setdefault(name, []).append(own)
            if name == REFERENCE:
                table.setdefault(PUBLISHED_DECODER, []).append(_published_decoder(run, data))
    return table


def _published_decoder(run: Path, data: Path) -> Figures:
    """The run's weights, read by the published decoder at its own threshold."""
    if not (run / "model.onnx").exists():
        export_run(run)
    detector = Detector(run, published_decoder=True)
    frames = pool([load_dataset(data, "val")])
    found = find_points(detector, frames)
    rated = evaluate(EvaluatedFrame.of(f, found[f.image]) for f in frames)
    error = rated.localisation_error
    return Figures(100 * rated.f1, error.mean if error else float("nan"))


def markdown(table: Mapping[str, Sequence[Figures]]) -> str:
    """Mean and standard deviation over seeds, and the difference from ours on the same seeds."""
    reference = np.array([figures.f1 for figures in table[REFERENCE]])
    lines = ["| change | F1 % | less ours | mean error px |", "|---|---|---|---|"]
    for name, figures in table.items():
        f1, error = (np.array([getattr(f, k) for f in figures]) for k in ("f1", "error"))
        gap = f1 - reference
        less = "" if name == REFERENCE else f"{gap.mean():+.1f} ± {_spread(gap)}"
        lines.append(f"| {name} | {f1.mean():.1f} ± {_spread(f1)} | {less} | {error.mean():.2f} |")
    return "\n".join(lines)


def _spread(values: np.ndarray[Any, Any]) -> str:
    return f"{values.std(ddof=1):.1f}" if len(values) > 1 else "–"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments.ablation")
    parser.add_argument("data", type=Path, help="data set folder with train and val lists")
    parser.add_argument("out", type=Path, help="folder of the runs")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    try:
        table = ablate(given.data, given.out, given.epochs, given.seeds)
    except IrpointError as error:
        parser.error(str(error))
    print(markdown(table))


if __name__ == "__main__":
    main()
