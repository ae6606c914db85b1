"""Compare short trainings that differ from ours in one setting each, over several seeds.

    python -m experiments.ablation NUDT-SIRST runs/ablation --epochs 4

Prints a Markdown table: F1 and mean error on the val list of the dataset, at the best threshold
of each run. Used in docs/experiments.md. A command that is given again resumes where it stopped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.common import argument_parser, run, validation_frames
from irpoint import Detector
from irpoint.errors import SettingsError
from irpoint.evaluation import EvaluatedFrame, evaluate
from irpoint.evaluation.splits import find_points
from irpoint.system.atomic import check_folder
from irpoint.training.export_run import export_run
from irpoint.training.run import fit
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
    """Figures of one run: F1 in %, and mean localisation error in px."""

    f1: float
    error: float


def ablate(data: Path, out: Path, epochs: int, seeds: int) -> dict[str, list[Figures]]:
    """Train every variant with every seed.

    Returns:
        The figures of each variant, one entry per seed.

    Raises:
        DatasetError: if the data cannot be read.
        SettingsError: if ``out`` is a file, or there is nothing to train.
    """
    check_folder(out)
    if epochs < 1 or seeds < 1:
        raise SettingsError(f"epochs {epochs}, seeds {seeds}: give 1 or more of both")
    table: dict[str, list[Figures]] = {}
    for name, changes in VARIANTS.items():
        for seed in range(seeds):
            # Mining of misses and false alarms takes time, and pays only in long trainings.
            short = {"epochs": epochs, "val_every": epochs, "mine_every": 0}
            settings = TrainSettings.model_validate(
                {"data": [data], "seed": seed, **short, **changes}
            )
            folder = out / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
            fit(settings, folder, resume=True)
            best = json.loads((folder / "best.json").read_text())
            error = best["val_error_px"]
            figures = Figures(100 * best["val_f1"], math.nan if error is None else error)
            table.setdefault(name, []).append(figures)
            if name == REFERENCE:
                table.setdefault(PUBLISHED_DECODER, []).append(published_decoder(folder, data))
    return table


def published_decoder(folder: Path, data: Path) -> Figures:
    """Figures of the run's weights with the published decoder, at its own threshold."""
    if not (folder / "model.onnx").exists():
        export_run(folder)
    frames = validation_frames([data])
    found = find_points(Detector(folder, published_decoder=True), frames)
    result = evaluate(EvaluatedFrame.of(frame, found[frame.image]) for frame in frames)
    error = result.localisation_error
    return Figures(100 * result.f1, error.mean if error else float("nan"))


def markdown(table: Mapping[str, Sequence[Figures]]) -> str:
    """Mean and standard deviation over seeds, and the difference from ours on the same seeds."""
    reference = np.array([figures.f1 for figures in table[REFERENCE]])
    lines = ["| change | F1 % | difference from ours | mean error px |", "|---|---|---|---|"]
    for name, runs in table.items():
        f1 = np.array([figures.f1 for figures in runs])
        error = np.mean([figures.error for figures in runs])
        gap = f1 - reference
        difference = "" if name == REFERENCE else f"{gap.mean():+.1f} ± {_deviation(gap)}"
        lines.append(
            f"| {name} | {f1.mean():.1f} ± {_deviation(f1)} | {difference} | {error:.2f} |"
        )
    return "\n".join(lines)


def _deviation(values: npt.NDArray[np.float64]) -> str:
    return f"{values.std(ddof=1):.1f}" if len(values) > 1 else "–"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("ablation", __doc__)
    parser.add_argument("data", type=Path, help="dataset folder with train and val lists")
    parser.add_argument("out", type=Path, help="folder of the runs")
    parser.add_argument("--epochs", type=int, default=8, help="epochs per run (default: 8)")
    parser.add_argument("--seeds", type=int, default=3, help="runs per variant (default: 3)")
    given = parser.parse_args(arguments)
    print(markdown(ablate(given.data, given.out, given.epochs, given.seeds)))


if __name__ == "__main__":
    run(main)
