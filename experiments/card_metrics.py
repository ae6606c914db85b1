"""Measure the shipped models on the val lists again and write the figures into their cards.

    python -m experiments.card_metrics DATA        # DATA holds NUDT-SIRST, IRSTD-1k, …
    python -m experiments.card_metrics DATA sshd   # only these cards

Thresholds stay as they are, so that the models find the same points as before. A model trained on
``train+val`` has no held-out frames: its card gets the figures of its held-out run in ``weights/``.
Each evaluation uses ONNX Runtime, as ``irpoint evaluate`` does, and takes one to three minutes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from irpoint.datasets import Dataset, LabelledFrame, load_dataset, pool
from irpoint.evaluation.result import result
from irpoint.evaluation.splits import evaluate_split, find_points
from irpoint.points import Points
from irpoint.runtime import Detector
from irpoint.system.atomic import atomic_write
from irpoint.zoo import card_path, model_names, read_card

DATASETS = ("NUDT-SIRST", "IRSTD-1k", "SIRST-v1", "SIRST-v2")
SPLIT = "val"
ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "src" / "irpoint" / "zoo" / "weights"
HELD_OUT = ROOT / "weights"


def main(arguments: Sequence[str]) -> None:
    """Measure, write and print the cards that are named, or all."""
    data, *wanted = arguments
    datasets = [load_dataset(Path(data) / name, SPLIT) for name in DATASETS]
    for name in wanted or model_names():
        card = SHIPPED / f"{name}.json"
        if read_card(card).split == "train+val":
            held_out = HELD_OUT / f"{name}-train"
            metrics = measure(held_out, datasets)
            write_metrics(card_path(held_out / "model.onnx"), metrics)
        else:
            metrics = measure(name, datasets)
        write_metrics(card, metrics)


def measure(model: str | Path, datasets: Sequence[Dataset]) -> dict[str, Any]:
    """The figures of a model at the threshold of its card."""
    detector = Detector(model, backend="onnxruntime")
    frames = [frame for dataset in datasets for frame in dataset]
    found = find_points(detector.candidates, frames)
    pooled = pool(datasets)
    threshold = detector.card.thresholds.default
    print(f"{detector.card.name}: {false_points_in_empty(pooled, found, threshold)}", flush=True)
    rated = evaluate_split(datasets, pooled, found, threshold=threshold)
    return result(rated, SPLIT, detector.card.name)


def false_points_in_empty(
    frames: Sequence[LabelledFrame], found: Mapping[Path, Points], threshold: float
) -> str:
    """How many points lie in frames that have no target, in words."""
    counts = [len(found[f.image].above(threshold)) for f in frames if not len(f.points)]
    hit = sum(count > 0 for count in counts)
    return f"{sum(counts)} false points in {hit} of {len(counts)} frames without a target"


def write_metrics(card: Path, metrics: dict[str, Any]) -> None:
    """Replace the ``metrics`` of a card and print what changed; every other field stays."""
    content = json.loads(card.read_text("utf-8"))
    before, content["metrics"] = content["metrics"], metrics
    if before == metrics:
        print(f"{card.relative_to(ROOT)}: no change")
        return
    atomic_write(card, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    print(f"{card.relative_to(ROOT)}:")
    for name, own in {"all": metrics, **metrics["datasets"]}.items():
        old = before if name == "all" else before.get("datasets", {}).get(name, {})
        print(f"  {name}: {in_words(old)} -> {in_words(own)}", flush=True)


def in_words(figures: Mapping[str, Any]) -> str:
    """The main figures of a card on one line."""
    if not figures:
        return "nothing"
    return (
        f"F1 {100 * figures['f1']:.1f} % ({figures['tp']} found, {figures['fn']} missed, "
        f"{figures['fp']} false in {figures['images']} images)"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
