"""Leave one data set out: train without a set, and score on its val list.

    python -m experiments.lodo DATA --out runs/lodo --recipe spire
    python -m experiments.lodo DATA --out runs/lodo-before --baseline --set epochs=100
    python -m experiments.lodo DATA --weights NUDT-SIRST=a/model.onnx DDT-IR=b/best.safetensors

The best proxy for cameras that no one trained on. DATA is the folder of the data sets. The folds
are NUDT-SIRST, IRSTD-1k, SIRST (v1 and v2 together) and DDT-IR (box centres, matched within 8 px).
Each trains on all other sets, and its threshold is the best on the val lists of the other public
sets, never on those of the fold. Prints a Markdown table with the mean of the folds. ``best F1`` is
what another threshold would reach.

A training that is given again resumes where it stopped. ``--baseline`` trains ``spire`` with the
settings of ``irpoint train``, on the four public sets. ``--weights`` trains nothing and scores
weights that were trained elsewhere without the set of their fold: any model, or safetensors with
--method and --width.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.common import argument_parser, candidates, run
from irpoint import Detector
from irpoint.datasets import LabelledFrame, load_dataset, pool
from irpoint.errors import IrpointWarning, SettingsError
from irpoint.evaluation import Evaluation, evaluate, sweep
from irpoint.training.export_run import draft
from irpoint.training.overrides import settings_from
from irpoint.training.recipes import recipe_settings
from irpoint.training.run import train
from irpoint.training.unfinished import model_or_run
from irpoint.zoo import Model

PUBLIC = ("NUDT-SIRST", "IRSTD-1k", "SIRST-v1", "SIRST-v2")
MORE = ("DDT-IR", "HIT-UAV-empty")
FOLDS = {
    "NUDT-SIRST": ("NUDT-SIRST",),
    "IRSTD-1k": ("IRSTD-1k",),
    "SIRST": ("SIRST-v1", "SIRST-v2"),
    "DDT-IR": ("DDT-IR",),
}
RADIUS = {"DDT-IR": 8.0}  # px; 5 otherwise


@dataclass(frozen=True)
class Score:
    """Figures of one fold: at the threshold of the other sets, and the best F1 of any."""

    threshold: float
    figures: Evaluation
    best: float


def score(detector: Detector, data: Path, fold: str) -> Score:
    """Score a detector that was trained without the sets of a fold."""
    others = [name for name in PUBLIC if name not in FOLDS[fold]]
    threshold, _ = sweep(candidates(detector, frames_of(data, others))).best_f1()
    seen = candidates(detector, frames_of(data, FOLDS[fold]))
    radius = RADIUS.get(fold, 5.0)
    figures = evaluate(seen, threshold=threshold, radius=radius)
    return Score(threshold, figures, sweep(seen, radius=radius).best_f1()[1])


def frames_of(data: Path, names: Sequence[str]) -> list[LabelledFrame]:
    """The val frames of some sets."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IrpointWarning)
        return list(pool([load_dataset(data / name, "val") for name in names]))


def train_fold(
    data: Path, out: Path, fold: str, recipe: str | None, overrides: Sequence[str]
) -> Path:
    """Train without the sets of a fold, unless that is done already.

    Returns:
        The folder of the run.
    """
    folder = out / fold
    if (folder / "model.onnx").exists():
        return folder
    sets = PUBLIC if recipe is None else PUBLIC + MORE
    folders = [data / name for name in sets if name not in FOLDS[fold]]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="recipe .* learns from")
        base = {"method": "spire"} if recipe is None else recipe_settings(recipe, folders)
    train(settings_from(base | {"data": folders}, overrides), folder, resume=True)
    return folder


def opened(weights: str, method: str, width: int | None) -> Detector:
    """A detector of any model, or of weights for training."""
    if not weights.endswith(".safetensors"):
        return Detector(model_or_run(weights), backend="onnxruntime")
    settings = settings_from({"data": ["."], "method": method, "width": width}, [])
    graph, card = draft(Path(weights), settings, Path(weights).stem)
    return Detector(Model(card, graph), backend="onnxruntime")


def markdown(scores: dict[str, Score]) -> str:
    """A table of the folds and their mean."""
    lines = [
        "| left out | images | targets | F1 % | precision | recall | threshold | best F1 |",
        "|---" * 8 + "|",
    ]
    for fold, found in scores.items():
        e = found.figures
        targets = e.tp + e.fn
        lines.append(
            f"| {fold} | {e.images} | {targets} | {100 * e.f1:.1f} | {100 * e.precision:.1f} | "
            f"{100 * e.recall:.1f} | {found.threshold:.2f} | {100 * found.best:.1f} |"
        )
    mean = 100 * np.mean([found.figures.f1 for found in scores.values()])
    best = 100 * np.mean([found.best for found in scores.values()])
    return "\n".join([*lines, f"| mean of {len(scores)} | | | {mean:.1f} | | | | {best:.1f} |"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("lodo", __doc__)
    parser.add_argument("data", type=Path, help="folder that contains the data sets")
    parser.add_argument("--folds", nargs="+", choices=FOLDS, default=list(FOLDS), metavar="FOLD")
    parser.add_argument("--out", type=Path, help="folder of the runs, one for each fold")
    parser.add_argument("--recipe", help="recipe to train, as in irpoint train")
    parser.add_argument("--baseline", action="store_true", help="train with plain settings")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="NAME=VALUE"
    )
    parser.add_argument(
        "--weights", nargs="+", action="extend", metavar="FOLD=MODEL", help="score only"
    )
    parser.add_argument("--method", default="spire", help="of safetensors (default: spire)")
    parser.add_argument("--width", type=int, help="of safetensors")
    given = parser.parse_args(arguments)
    if sum(map(bool, (given.recipe, given.baseline, given.weights))) != 1:
        raise SettingsError("give one of --recipe, --baseline and --weights")
    if not given.weights and given.out is None:
        raise SettingsError("give --out, the folder of the runs")
    scores = {}
    for fold, model in _models(given):
        scores[fold] = score(opened(model, given.method, given.width), given.data, fold)
        print(markdown({fold: scores[fold]}).splitlines()[2], flush=True)
    print(markdown(scores))


def _models(given: Any) -> Iterator[tuple[str, str]]:
    """Fold and model, one after the other, so that each is scored before the next is trained."""
    for pair in given.weights or ():
        fold, equals, model = pair.partition("=")
        if not equals or fold not in FOLDS:
            raise SettingsError(f"--weights {pair}: write FOLD=MODEL; folds are {', '.join(FOLDS)}")
        yield fold, model
    if not given.weights:
        for fold in given.folds:
            yield fold, str(train_fold(given.data, given.out, fold, given.recipe, given.overrides))


if __name__ == "__main__":
    run(main)
