"""How the models of a report were made and evaluated: their settings, cards and recipes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from irpoint.report.model import ReportedModel
from irpoint.zoo import find_model, model_names

_RECIPES = resources.files("irpoint") / "recipes"


@dataclass(frozen=True)
class Origin:
    """How one model was made and evaluated; parts that are not known are empty.

    Attributes:
        name: name of the model.
        evaluation: settings of the evaluation.
        card: what the card states about the model.
        run: all settings of its training run.
        recipe: the recipe of a shipped model, as YAML.
    """

    name: str
    evaluation: tuple[tuple[str, str], ...]
    card: tuple[tuple[str, str], ...]
    run: tuple[tuple[str, str], ...]
    recipe: str


def origin(model: ReportedModel) -> Origin:
    """How a model was made and evaluated."""
    evaluation = {
        "split": model.split,
        "protocol": "point",
        "radius": f"{model.radius:g} px",
        "threshold": model.stops.used,
        **model.settings,
    }
    return Origin(
        name=model.name,
        evaluation=tuple((name.replace("_", " "), text) for name, text in _flat(evaluation)),
        card=tuple(_flat(_card(model))),
        run=tuple(_flat(model.run)),
        recipe=_recipe(model),
    )


def _card(model: ReportedModel) -> dict[str, Any]:
    card = model.card
    if card is None:
        return {}
    return {
        "method": card.method,
        "parameters": f"{card.parameters:,}",
        "GMAC at 512²": f"{card.gmac_512:g}",
        "trained on": ", ".join(card.data),
        "split": card.split,
        "seed": card.seed,
        "made with": f"irpoint {card.version}" + (f", {card.commit}" if card.commit else ""),
        "default threshold": f"{card.thresholds.default:.4g} ({card.thresholds.chosen})",
        "input scale": card.input_scale,
        "licence": card.licence,
        "sha256": card.sha256,
        "note": card.note or None,
    }


def _recipe(model: ReportedModel) -> str:
    """The recipe if the model is a shipped one, whose recipe has its name."""
    card = model.card
    if card is None or card.name not in model_names():
        return ""
    file = _RECIPES / f"{card.name}.yaml"
    if not file.is_file() or find_model(card.name).card.sha256 != card.sha256:
        return ""
    return file.read_text(encoding="utf-8")


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names and values, those of nested settings as ``augment.scale``; unset ones are left out."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is not None:
            text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
            yield f"{prefix}{name}", text
