"""``irpoint models``: the models that ship with the package."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from irpoint.cli.completion import complete_model
from irpoint.cli.model_card import show_card
from irpoint.errors import ModelError

if TYPE_CHECKING:
    from irpoint.zoo import ModelCard

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME]",
        help="Shipped models, ONNX files or folders of training runs.",
        autocompletion=complete_model,
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the model cards as a JSON list.")]


def models(names: Names = None, as_json: AsJson = False) -> None:
    """List the shipped models: size, cost, threshold, F1, training data, licence.

    If you give names, print what the cards of these models state.

    Example: [bold]irpoint models spire[/]
    """
    from irpoint.zoo import find_model, model_names

    cards, broken = [], 0
    for name in names or model_names():
        try:
            cards.append(find_model(name).card)
        except ModelError as error:
            broken += 1
            typer.echo(f"irpoint: skipped: {error}", err=True)
    if as_json:
        listed = [card.model_dump(mode="json") for card in cards]
        typer.echo(json.dumps(listed, indent=2))
    elif names:
        console = Console()
        for number, card in enumerate(cards):
            console.print("\n" * bool(number), end="")
            show_card(console, card)
    elif cards:
        console = Console()
        console.print(_table(cards))
        for line in _training_data(cards):
            console.print(line, highlight=False)
    else:
        typer.echo("No model ships with this installation; give detect the path of an ONNX file.")
    if broken:
        raise typer.Exit(1)


def _table(cards: list[ModelCard]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("model", style="bold", overflow="fold")
    for heading in ("parameters", "GMAC\nat 512²", "threshold", "F1 %"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("trained\non", no_wrap=True)
    table.add_column("licence", overflow="fold")
    for card in cards:
        table.add_row(
            escape(card.name),
            f"{card.parameters:,}" if card.parameters else "–",
            f"{card.gmac_512:.2f}" if card.gmac_512 else "–",
            f"{card.thresholds.default:.3f}",
            _f1(card),
            escape(card.split) if card.data else "–",
            escape(card.licence),
        )
    return table


def _f1(card: ModelCard) -> str:
    f1 = card.metrics.get("f1")
    split = escape(str(card.metrics.get("split", "")))
    return "–" if f1 is None else f"{100 * f1:.1f} {split}".rstrip()


def _training_data(cards: list[ModelCard]) -> list[str]:
    """A line for each set of datasets, with the models that were trained on it."""
    names: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for card in cards:
        if card.data:
            names[card.data].append(card.name)
    return [
        escape(f"{', '.join(models)}: trained on {', '.join(datasets)}.")
        for datasets, models in names.items()
    ]
