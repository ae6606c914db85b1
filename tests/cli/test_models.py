"""``irpoint models``."""

from __future__ import annotations

import hashlib
import json

KEYS = {
    "name", "method", "parameters", "gmac_512", "data", "split", "seed", "metrics", "thresholds",
    "sha256", "licence",
}  # fmt: skip


def test_json_gives_the_cards(cli, shipped):
    code, out, err = cli("models", "--json")
    (card,) = json.loads(out)
    assert (code, err) == (0, "")
    assert set(card) == KEYS
    assert card["name"] == "spire"
    assert card["data"] == ["none"]
    assert card["thresholds"]["false_alarms_per_mpx"] == {"1": 0.6, "0.1": None}
    assert card["sha256"] == hashlib.sha256(shipped.read_bytes()).hexdigest()


def test_table(cli, write_model, shipped):
    write_model(
        shipped.parent / "other.onnx",
        name="other",
        parameters=1234567,
        data=["Sky", "Sea"],
        metrics={"f1": 0.9512, "split": "val"},
    )
    code, out, _ = cli("models")
    assert code == 0
    for text in ("spire", "other", "1,234,567", "95.1", "Sky, Sea", "Apache-2.0", "0.400"):
        assert text in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_broken_model_is_listed_and_the_others_shown(cli, write_model, shipped):
    write_model(shipped.parent / "other.onnx", name="other", sha256="0" * 64)
    code, out, err = cli("models", "--json")
    assert code == 1
    assert [card["name"] for card in json.loads(out)] == ["spire"]
    assert err.splitlines()[0].startswith("irpoint: skipped: ")
    assert "other.onnx" in err


def test_an_empty_zoo(cli, tmp_path, monkeypatch):
    monkeypatch.setattr("irpoint.zoo._SHIPPED", tmp_path)
    assert cli("models", "--json") == (0, "[]\n", "")
    assert "No model ships" in cli("models")[1]
