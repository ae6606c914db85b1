"""``irpoint models``."""

from __future__ import annotations

import hashlib
import json

from irpoint.zoo import ModelCard
from support.recalls import recall_values


def test_json_gives_the_cards(cli, shipped):
    code, out, err = cli("models", "--json")
    _, card = json.loads(out)
    assert (code, err) == (0, "")
    assert list(card) == list(ModelCard.model_fields)
    assert card["name"] == "spire"
    assert card["data"] == ["none"]
    assert card["thresholds"]["false_alarms_per_mpx"] == {"1": 0.6, "0.1": None}
    assert card["sha256"] == hashlib.sha256(shipped.read_bytes()).hexdigest()


def test_table_fits_80_columns_with_a_row_per_model(cli, write_model, shipped):
    write_model(
        shipped.parent / "other-network.onnx",
        name="other-network",
        parameters=12_345_678,
        gmac_512=123.456,
        data=["Sky", "Sea"],
        split="train+val",
        metrics={"f1": 0.9512, "split": "val"},
    )
    code, out, _ = cli("models")
    assert code == 0
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split() for line in lines[3:6]] == [
        ["glint", "2,304", "0.04", "0.400", "–", "train", "Apache-2.0"],
        ["other-network", "12,345,678", "123.46", "0.400", "95.1", "val", "train+val",
         "Apache-2.0"],
        ["spire", "2,304", "0.04", "0.400", "–", "train", "Apache-2.0"],
    ]  # fmt: skip
    assert lines[6:] == ["glint, spire: trained on none.", "other-network: trained on Sky, Sea."]


def test_the_shipped_models_fit_80_columns(cli):
    code, out, err = cli("models")
    assert (code, err) == (0, "")
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_broken_model_is_listed_and_the_others_shown(cli, write_model, shipped):
    write_model(shipped.parent / "other.onnx", name="other", sha256="0" * 64)
    code, out, err = cli("models", "--json")
    assert code == 1
    assert [card["name"] for card in json.loads(out)] == ["glint", "spire"]
    assert err.splitlines()[0].startswith("irpoint: skipped: ")
    assert "other.onnx" in err


def test_an_empty_zoo(cli, tmp_path, monkeypatch):
    monkeypatch.setattr("irpoint.zoo._SHIPPED", tmp_path)
    assert cli("models", "--json") == (0, "[]\n", "")
    assert "No model ships" in cli("models")[1]


def test_a_name_prints_what_its_card_states(cli, write_model, shipped):
    bounds = {"f1": [0.9, 0.98], "precision": None}
    write_model(
        shipped.parent / "other.onnx",
        name="other",
        metrics={"f1": 0.95, "split": "val", "data": ["Sky"], "interval_95": bounds},
        simulated_recall=recall_values(),
    )
    code, out, err = cli("models", "other")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert "threshold 0.400: by hand" in rows
    assert "false alarms 0.600 for 1 per Mpx" in rows
    assert "On Sky, split val, with 95 % intervals (bootstrap):" in rows
    assert "F1 % 95.00 90.0–98.0" in rows
    assert "Recall % on simulated frames at 1 false alarm per Mpx" in " ".join(rows)
    assert "clouds 70.0 60.4–78.1 100" in rows
    assert "all scenes 45.0 38.3–51.9 200" in rows
    assert "SNR 18–40 65.0 55.3–73.6 100" in rows
    assert "SCNR 4–40 – 0" in rows


def test_names_choose_cards_and_may_be_paths(cli, model, shipped):
    code, out, _ = cli("models", "spire", model, "--json")
    assert code == 0
    assert [card["name"] for card in json.loads(out)] == ["spire", "tiny"]
    code, out, err = cli("models", "spire", "spier")
    assert code == 1
    assert "model         spire" in out
    assert "skipped: spier: no such model; did you mean" in err
