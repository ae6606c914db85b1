"""``irpoint models``: the models that ship with the package."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from irpoint.errors import ModelError

if TYPE_CHECKING:
    from irpoint.zoo import ModelCard

_FIELDS = {
    "name", "method", "parameters", "gmac_512", "data", "split", "seed", "metrics", "thresholds",
    "sha256", "licence",
}  # fmt: skip

AsJson = Annotated[bool, typer.Option("--json", help="Print the cards as a JSON list.")]


def models(as_json: AsJson = False) -> None:
    """List the models that ship: size, cost, training data, figures, licence."""
    from irpoint.zoo import find_model, model_names

    cards, broken = [], 0
    for name in model_names():
        try:
            cards.append(find_model(name).card)
        except ModelError as error:
            broken += 1
            typer.echo(f"irpoint: skipped: {error}", err=True)
    if as_json:
        listed = [card.model_dump(mode="json", include=_FIELDS) for card in cards]
        typer.echo(json.dumps(listed, indent=2))
    elif cards:
        Console().print(_table(cards))
    else:
        typer.echo("No model ships with this build; give detect the path of an ONNX file.")
    if broken:
        raise typer.Exit(1)


def _table(cards: list[ModelCard]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("model\nmethod", overflow="fold")
    for title in ("parameters", "GMAC\nat 512²", "threshold", "F1 %"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("trained on", overflow="fold")
    table.add_column("licence", overflow="fold")
    for card in cards:
        table.add_row(
            f"[bold]{escape(card.name)}[/]\n[dim]{escape(card.method)}[/]",
            f"{card.parameters:,}" if card.parameters else "–",
            f"{card.gmac_512:.2f}" if card.gmac_512 else "–",
            f"{card.thresholds.default:.3f}",
            _f1(card.metrics),
            escape(f"{', '.join(card.data)} ({card.split})") if card.data else "–",
            escape(card.licence),
        )
    return table


def _f1(metrics: dict[str, Any]) -> str:
    f1 = metrics.get("f1")
    return "–" if f1 is None else f"{100 * f1:.1f}\n[dim]{escape(str(metrics.get('split', '')))}[/]"
