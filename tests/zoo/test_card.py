"""Model cards: their schema version, their fields, and errors that name them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from irpoint.decoding.published import PublishedRule
from irpoint.errors import ModelError
from irpoint.zoo import find_model, model_names, read_card
from support.recalls import recall_values

PART = {"low": 8, "high": 12, "targets": 3, "found": 1}


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
        ({"simulated_recall": recall_values(bits=0)}, r"simulated_recall\.bits"),
        (
            {"simulated_recall": recall_values(by_snr=[{**PART, "found": 4}])},
            r"simulated_recall\.by_snr\.0: 4 found of 3 targets",
        ),
        (
            {"simulated_recall": recall_values(by_scnr=[{**PART, "high": 8}])},
            r"simulated_recall\.by_scnr\.0: bin from 8 to 8",
        ),
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


def test_a_card_states_recall_on_simulated_frames(model: Path) -> None:
    assert read_card(model.with_suffix(".json")).simulated_recall is None
    recall = read_card(changed(model, simulated_recall=recall_values())).simulated_recall
    assert recall is not None
    assert (recall.all.found, recall.all.targets) == (90, 200)
    assert recall.all.share == 0.45
    assert [part.share for part in recall.by_snr] == [0.25, 0.65]
    assert recall.by_scnr[-1].share is None


def test_shipped_cards_state_recall_on_the_same_frames() -> None:
    """Of 200 frames per scene, so that models can be compared."""
    recalls = [find_model(name).card.simulated_recall for name in model_names()]
    for recall in filter(None, recalls):
        frames = [(kind, part.frames, part.seed) for kind, part in recall.scenes.items()]
        assert frames == [("clouds", 200, 24001), ("sea", 200, 24002), ("land", 200, 24003)]
