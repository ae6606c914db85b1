"""Measure the shipped models on val lists and simulated frames; write the figures into their cards.

    python -m experiments.card_metrics DATA
    python -m experiments.card_metrics DATA sshd

DATA is the folder that contains NUDT-SIRST, IRSTD-1k, SIRST-v1 and SIRST-v2. Prints the figures of
each card before and after, the deviation of the network's place, and how well the probability of a
score fits frames that it was not fitted to. Thresholds are not changed, so that a model finds the
same points as before. A model trained on ``train+val`` has seen the val frames: its card gets what
was measured of its held-out run in ``weights/``. Each evaluation uses ONNX Runtime and takes one to
three minutes. Then recall on simulated frames is measured and written, as by ``recall_by_snr
--write-cards``: with the weights that ship, since none learned from these frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.common import SHIPPED, argument_parser, run, update_card
from experiments.recall_by_snr import measure_models, print_recall, write_recall
from irpoint.evaluation import (
    EvaluatedFrame,
    Predictions,
    Split,
    evaluate_predictions,
    load_split,
    predictions_of_model,
    result,
)
from irpoint.evaluation.place_std import network_place_std
from irpoint.evaluation.score_fit import fit_score_odds
from irpoint.runtime import CANDIDATE_SCORE, Detector
from irpoint.zoo import card_path, model_names, read_card
from irpoint.zoo.card import SCHEMA_VERSION

DATASETS = ("NUDT-SIRST", "IRSTD-1k", "SIRST-v1", "SIRST-v2")
SPLIT = "val"
ROOT = Path(__file__).parents[1]
HELD_OUT = ROOT / "weights"


def measure(model: str | Path, split: Split) -> dict[str, Any]:
    """The fields of a card that are measured, at its threshold."""
    detector = Detector(model, backend="onnxruntime")
    predictions = predictions_of_model(detector, split)
    print(f"{predictions.title}: {false_points_in_empty(split, predictions)}", flush=True)
    frames = [EvaluatedFrame.of(frame, predictions.points[frame.image]) for frame in split.pooled]
    odds = fit_score_odds(frames, CANDIDATE_SCORE, SPLIT, split.names)
    return {
        "schema_version": SCHEMA_VERSION,
        "score_odds": odds and odds.model_dump(mode="json"),
        "fallback_std": network_place_std(
            split.pooled, predictions.points, detector.threshold, detector.scale
        ),
        "metrics": result(evaluate_predictions(predictions, split), predictions.model),
    }


def false_points_in_empty(split: Split, predictions: Predictions) -> str:
    """How many points lie in frames that have no target, in words."""
    level = predictions.threshold or 0.0
    empty = [frame for frame in split.pooled if not len(frame.points)]
    counts = [len(predictions.points[frame.image].above(level)) for frame in empty]
    hit = sum(count > 0 for count in counts)
    return f"{sum(counts)} false points in {hit} of {len(counts)} frames without a target"


def write_measured(card: Path, measured: dict[str, Any]) -> None:
    """Replace the measured fields of a card and print what changed; every other field stays."""
    name = card.relative_to(ROOT)
    content = update_card(card, measured)
    if content is None:
        print(f"{name}: no change")
        return
    before, metrics = content["metrics"], measured["metrics"]
    print(f"{name}: {odds_in_words(measured['score_odds'])}")
    print(f"  deviation of the network's place: {measured['fallback_std']} px per axis")
    for data, own in {"all": metrics, **metrics["datasets"]}.items():
        old = before if data == "all" else before.get("datasets", {}).get(data, {})
        print(f"  {data}: {in_words(old)} -> {in_words(own)}", flush=True)


def odds_in_words(odds: Mapping[str, Any] | None) -> str:
    """How a score becomes a probability, and how well it fits unseen frames."""
    if odds is None:
        return "no odds of scores, because there are too few candidates"
    return (
        f"odds of scores {odds['form']} in {len(odds['scores'])} knots, {odds['real']} of "
        f"{odds['candidates']} candidates real; calibration error "
        f"{odds['calibration_error']:.3f}, Brier score {odds['brier']:.3f}"
    )


def in_words(figures: Mapping[str, Any]) -> str:
    """The main figures of a card on one line."""
    if not figures:
        return "nothing"
    return (
        f"F1 {100 * figures['f1']:.1f} % ({figures['tp']} found, {figures['fn']} missed, "
        f"{figures['fp']} false in {figures['images']} images)"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("card_metrics", __doc__)
    parser.add_argument("data", type=Path, help="folder that contains the four datasets")
    parser.add_argument("models", nargs="*", help="shipped models to measure (default: all)")
    given = parser.parse_args(arguments)
    split = load_split([given.data / name for name in DATASETS], SPLIT)
    names = given.models or model_names()
    for name in names:
        card = SHIPPED / f"{name}.json"
        if read_card(card).split == "train+val":
            held_out = HELD_OUT / f"{name}-train"
            measured = measure(held_out, split)
            write_measured(card_path(held_out / "model.onnx"), measured)
        else:
            measured = measure(name, split)
        write_measured(card, measured)
    recalls = measure_models(names)
    print_recall(recalls)
    for name in names:
        write_recall(name, recalls[name])


if __name__ == "__main__":
    run(main)
