"""Print one model card on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from irpoint.zoo import ModelCard, SimulatedRecall


def show_card(console: Console, card: ModelCard) -> None:
    """Print what a card states: origin, thresholds, figures on labelled and on simulated frames."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _facts(card):
        table.add_row(name, escape(text))
    console.print(table)
    if card.metrics:
        console.print("\n" + escape(_data_in_words(card)), highlight=False)
        console.print(_labelled(card))
    if card.simulated_recall:
        console.print("\n" + escape(_frames_in_words(card.simulated_recall)), highlight=False)
        console.print(_simulated(card.simulated_recall))


def _facts(card: ModelCard) -> list[tuple[str, str]]:
    trained = f"{', '.join(card.data)} ({card.split})" if card.data else "not trained"
    thresholds = card.thresholds
    rates = [
        f"{value:.3f} for {rate} per Mpx"
        for rate, value in thresholds.false_alarms_per_mpx.items()
        if value is not None
    ]
    facts = [
        ("model", card.name),
        ("method", card.method if card.width is None else f"{card.method}, width {card.width}"),
        ("size", f"{card.parameters:,} parameters, {card.gmac_512:.2f} GMAC at 512²"),
        ("input scale", card.input_scale),
        ("trained on", trained),
        ("threshold", f"{thresholds.default:.3f}: {thresholds.chosen}"),
        ("false alarms", "; ".join(rates)),
        ("version", card.version),
        ("licence", card.licence),
        ("note", card.note),
    ]
    return [(name, text) for name, text in facts if text]


def _data_in_words(card: ModelCard) -> str:
    data, split = ", ".join(card.metrics.get("data", ())), card.metrics.get("split", "")
    return f"On {data}, split {split}, with 95 % intervals (bootstrap):" if data else "Figures:"


def _labelled(card: ModelCard) -> Table:
    from irpoint.evaluation.figures import table_columns

    table, metrics = _headed(), card.metrics
    for figure in table_columns():
        value, bounds = metrics.get(figure.key), metrics.get("interval_95", {}).get(figure.key)
        interval = "" if figure.table_value(value) is None else figure.interval_text(bounds)
        table.add_row(figure.title, figure.text(value), interval)
    return table


def _frames_in_words(recall: SimulatedRecall) -> str:
    from irpoint.evaluation.recall_text import frames_in_words, rate_in_words

    return (
        f"Recall % on simulated frames at {rate_in_words(recall.rate_per_mpx)}, with 95 % "
        f"intervals (Wilson); {frames_in_words(recall)}:"
    )


def _simulated(recall: SimulatedRecall) -> Table:
    from irpoint.evaluation.recall_text import percent, range_of

    table = _headed()
    table.add_column("targets", justify="right")
    rows = [*recall.scenes.items(), ("all scenes", recall.all)]
    for title, bins in (("SNR", recall.by_snr), ("SCNR", recall.by_scnr)):
        rows += [(f"{title} {range_of(part)}", part) for part in bins]
    for name, part in rows:
        table.add_row(escape(name), *percent(part), str(part.targets))
    return table


def _headed() -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("", justify="right")
    table.add_column("interval", justify="right")
    return table
