"""Write the tables of README.md and docs/accuracy.md from the cards of the shipped models.

    python -m experiments.doc_tables

The text between the markers ``<!-- models -->``, ``<!-- figures -->``, ``<!-- odds -->`` and
``<!-- recall -->`` is replaced. Prints the names of the pages. A test compares the pages with the
cards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.common import argument_parser, run
from experiments.recall_by_snr import in_a_cell
from irpoint.evaluation.recall_text import percent, range_of
from irpoint.zoo import Recall, SimulatedRecall, find_model

ROOT = Path(__file__).resolve().parents[1]
MODELS = ("glint", "spire", "p2p-lite", "sshd")
# Milliseconds per frame, ONNX Runtime and OpenVINO, as `irpoint benchmark` printed; docs/speed.md.
TIMES = {"glint": (15, 12), "spire": (61, 30), "p2p-lite": (30, 20), "sshd": (119, 65)}

# Pd in % of the best linear observer, as `experiments.recall_by_snr --observer` printed.
OBSERVER = {
    "scene": ("97.3", "78.5", "76.1"),
    "SNR": ("57", "82", "96", "100"),
    "SCNR": ("33", "61", "79", "99", "100"),
}

_MODELS_HEAD = """\
| model | parameters | F1 % (95 % interval) | recall % simulated | false points / Mpx \
| mean error px | ms, ONNX Runtime | ms, OpenVINO |
|---|---|---|---|---|---|---|---|"""
_FIGURES_HEAD = """\
| model | val | precision % | recall % | F1 % (95 % interval) | false points / Mpx | mean error px |
|---|---|---|---|---|---|---|"""

_ODDS_HEAD = """\
| model | curve | candidates | of which real | calibration error | Brier score \
| probability at the threshold |
|---|---|---|---|---|---|---|"""


def models_table() -> str:
    """One row per shipped model: size, recall on simulated frames, pooled figures, time."""
    rows = [_MODELS_HEAD]
    for name in MODELS:
        card = find_model(name).card
        onnx, openvino = TIMES[name]
        recall = card.simulated_recall
        rows.append(
            f"| [`{name}`](src/irpoint/methods/{card.method.replace('-', '_')}/README.md) "
            f"| {card.parameters:,} | {_f1(card.metrics)} "
            f"| {percent(recall.all)[0] if recall else '–'} "
            f"| {_false_and_error(card.metrics)} | {onnx} | {openvino} |"
        )
    return "\n".join(rows)


def figures_table() -> str:
    """The figures of every shipped model, pooled and by dataset."""
    rows = [_FIGURES_HEAD]
    for name in MODELS:
        metrics = find_model(name).card.metrics
        for data, figures in {"all": metrics, **metrics["datasets"]}.items():
            rows.append(
                f"| {f'`{name}`' if data == 'all' else ''} | {data} "
                f"| {100 * figures['precision']:.1f} | {100 * figures['recall']:.1f} "
                f"| {_f1(figures)} | {_false_and_error(figures)} |"
            )
    return "\n".join(rows)


def odds_table() -> str:
    """How well the probability of a score fits, of every model whose card knows it."""
    rows = [_ODDS_HEAD]
    for name in MODELS:
        card = find_model(name).card
        odds = card.score_odds
        if odds is not None:
            [at_threshold] = odds.probability([card.thresholds.default])
            rows.append(
                f"| `{name}` | {odds.form} | {odds.candidates:,} | {odds.real} "
                f"| {odds.calibration_error:.3f} | {odds.brier:.3f} | {at_threshold:.2f} |"
            )
    return "\n".join(rows)


def recall_table() -> str:
    """Recall on simulated frames by scene, SNR and SCNR, of every model whose card has it."""
    cards = {name: find_model(name).card.simulated_recall for name in MODELS}
    known = {f"`{name}`": recall for name, recall in cards.items() if recall}
    if not known:
        return "No card states it yet."
    return "\n\n".join(
        _recall_rows(title, {name: _parts(recall, title) for name, recall in known.items()})
        for title in OBSERVER
    )


def _parts(recall: SimulatedRecall, title: str) -> dict[str, Recall]:
    if title == "scene":
        return dict(recall.scenes)
    bins = recall.by_snr if title == "SNR" else recall.by_scnr
    return {range_of(part): part for part in bins}


def _recall_rows(title: str, models: dict[str, dict[str, Recall]]) -> str:
    columns = next(iter(models.values()))
    lines = [(title, *columns), ("---",) * (len(columns) + 1)]
    lines += [(name, *map(in_a_cell, parts.values())) for name, parts in models.items()]
    lines.append(("best linear observer", *OBSERVER[title]))
    lines.append(("targets", *(str(part.targets) for part in columns.values())))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def replaced(text: str, marker: str, table: str) -> str:
    """``text`` with ``table`` between the markers of that name.

    Raises:
        ValueError: if the text has no such markers.
    """
    pattern = re.compile(rf"(<!-- {marker} -->\n).*?(\n<!-- /{marker} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"no markers <!-- {marker} --> … <!-- /{marker} -->")
    return pattern.sub(lambda match: f"{match[1]}{table}{match[2]}", text)


def _f1(figures: dict[str, Any]) -> str:
    low, high = figures["interval_95"]["f1"]
    return f"**{100 * figures['f1']:.1f}** ({100 * low:.1f}–{100 * high:.1f})"


def _false_and_error(figures: dict[str, Any]) -> str:
    error = figures["localisation_error_px"]["mean"]
    return f"{figures['false_alarms_per_mpx']:.2f} | {error:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    argument_parser("doc_tables", __doc__).parse_args(arguments)
    for path, marker, table in (
        (ROOT / "README.md", "models", models_table()),
        (ROOT / "docs" / "accuracy.md", "figures", figures_table()),
        (ROOT / "docs" / "accuracy.md", "odds", odds_table()),
        (ROOT / "docs" / "accuracy.md", "recall", recall_table()),
    ):
        text = path.read_text(encoding="utf-8")
        path.write_text(replaced(text, marker, table), encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    run(main)
