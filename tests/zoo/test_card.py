"""Model cards: their schema version, their fields, and errors that name them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from irpoint.decoding.published import PublishedRule
from irpoint.errors import ModelError
from irpoint.zoo import find_model, model_names, read_card


def changed(path: Path, **changes: object) -> Path:
    """The card beside a graph, with changes."""
    card = path.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))
    return card


def test_a_card_without_a_schema_version_has_the_first(model: Path) -> None:
    card = read_card(model.with_suffix(".json"))
    assert card.schema_version == 1
    assert next(iter(card.model_dump())) == "schema_version"


def test_a_card_of_a_newer_irpoint_asks_for_an_upgrade(model: Path) -> None:
    """Even if it has fields that this version does not know."""
    card = changed(model, schema_version=99, colour="red")
    with pytest.raises(ModelError, match=r"written by a newer irpoint; .*upgrade irpoint"):
        read_card(card)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "red"}, "colour"),
        ({"stride": 0}, "stride"),
        ({"stride": 10**9}, "stride"),
        ({"map_offset": 1e308}, "map_offset"),
        ({"halo": 10**9}, "halo"),
        ({"input_scale": "double"}, "input scale"),
        ({"published_decoder": {"threshold": 0.3}}, r"published_decoder\.relative_gate"),
        ({"published_decoder": {"threshold": 0.3, "relative_gate": 2}}, "published_decoder"),
    ],
)
def test_errors_name_the_field(model: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        find_model(changed(model, **changes).with_suffix(".onnx"))


def test_shipped_cards_state_the_published_decoders() -> None:
    rules = {name: find_model(name).card.published_decoder for name in model_names()}
    assert {name: rule for name, rule in rules.items() if rule} == {
        "spire": PublishedRule(0.35, 0.65, 8),
        "sshd": PublishedRule(0.2, 0.8, 8),
    }
