"""Print what was measured, and write it into the cards of the models."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.common import card_file, update_card
from irpoint.evaluation.recall_text import frames_in_words, percent, range_of, rate_in_words
from irpoint.zoo import Recall, SimulatedRecall
from irpoint.zoo.card import SCHEMA_VERSION

FIELD = "simulated_recall"


def print_recall(recalls: Mapping[str, SimulatedRecall]) -> None:
    """Print Pd by scene, then by bins over all scenes, with 95 % intervals (Wilson)."""
    some = next(iter(recalls.values()))
    rate = rate_in_words(some.rate_per_mpx)
    print(f"\nPd in % (95 % interval) at {rate}; {frames_in_words(some)}")
    scenes = {name: {**recall.scenes, "all": recall.all} for name, recall in recalls.items()}
    _print("scene", scenes)
    for title in ("snr", "scnr"):
        bins = {name: getattr(recall, f"by_{title}") for name, recall in recalls.items()}
        parts = {name: {range_of(part): part for part in own} for name, own in bins.items()}
        _print(title.upper(), parts)


def _print(title: str, rows: Mapping[str, Mapping[str, Recall]]) -> None:
    columns = next(iter(rows.values()))
    print(f"\n| {title} | {' | '.join(columns)} |\n{'|---' * (len(columns) + 1)}|")
    for name, parts in rows.items():
        print(f"| {name} | {' | '.join(map(in_a_cell, parts.values()))} |")
    print(f"| targets | {' | '.join(str(part.targets) for part in columns.values())} |", flush=True)


def in_a_cell(recall: Recall) -> str:
    """Recall in % with its interval: ``70.7 (68.1–73.2)``."""
    value, interval = percent(recall)
    return f"{value} ({interval})" if interval else value


def write_recall(model: str, recall: SimulatedRecall) -> None:
    """Write the recall into the card of a model; every other field stays."""
    card = card_file(model)
    fields = {"schema_version": SCHEMA_VERSION, FIELD: recall.model_dump(mode="json")}
    changed = update_card(card, fields) is not None
    print(f"{card}: {'written' if changed else 'no change'}", flush=True)
