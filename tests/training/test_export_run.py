"""The model of a finished run: its graph and its card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import pytest
from torch import nn

from irpoint import Detector
from irpoint.frames import read_frame
from irpoint.methods import Method
from irpoint.training.export_run import export_run
from irpoint.training.run import fit
from irpoint.zoo.card import SCHEMA_VERSION
from support.models import tiny_graph
from support.runs import short_run

pytestmark = pytest.mark.usefixtures("one_thread", "tiny_method")


def stand_in(network: nn.Module, method: Method, *, map_offset: float) -> bytes:
    """A graph that is made at once, and differs between networks."""
    model = onnx.load_model_from_string(tiny_graph())
    model.doc_string = f"{method.name} {map_offset} {next(network.parameters()).sum()}"
    return bytes(model.SerializeToString())


def card_of(model: Path) -> dict[str, Any]:
    card: dict[str, Any] = json.loads(model.with_suffix(".json").read_text())
    return card


def test_a_run_becomes_a_model_with_a_measured_card(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("irpoint.training.export_run.export_onnx", stand_in)
    run = tmp_path / "mine"
    fit(short_run(scenes, epochs=1, val_every=1, label_noise=0.5), run)
    model = export_run(run)
    card = card_of(model)
    assert card["schema_version"] == SCHEMA_VERSION
    assert (card["name"], card["method"], card["split"]) == ("mine", "tiny", "all")
    assert card["published_decoder"] == {"threshold": 0.3, "relative_gate": 0.5, "max_points": 4}
    assert card["map_offset"] == 1.5
    assert card["metrics"]["threshold"] == pytest.approx(card["thresholds"]["default"])
    assert card["metrics"]["targets"] > 0
    assert b"tiny 1.5" in model.read_bytes()
    frame = read_frame(next((scenes / "images").iterdir()))
    assert Detector(run, backend="onnxruntime").candidates(frame).xy.shape[1] == 2


def test_a_run_on_the_validation_split_has_the_figures_of_its_held_out_run(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("irpoint.training.export_run.export_onnx", stand_in)
    held_out, run = tmp_path / "held-out", tmp_path / "all"
    settings = short_run(scenes, split="train", val_split="val", target_map="published", epochs=2)
    fit(settings, held_out)
    source = card_of(export_run(held_out))
    more = settings.model_copy(update={"split": "train+val", "held_out_run": held_out})
    fit(more, run)
    card = card_of(export_run(run))
    # SPIRE's publication rounds labels to the corners of cells: they are read back from there.
    assert source["map_offset"] == card["map_offset"] == 0.0
    assert card["split"] == "train+val"
    assert card["metrics"] == source["metrics"]
    assert card["fallback_std"] == source["fallback_std"]
    assert card["thresholds"]["default"] == source["thresholds"]["default"]
    assert card["thresholds"]["chosen"] == "best F1 on val, by the held-out run trained on train"
    assert source["sha256"][:12] in card["note"]
    assert card["sha256"] != source["sha256"]
    assert not (run / "best.json").exists()  # nothing was chosen on val
    assert "val_f1" not in (run / "logs" / "csv" / "metrics.csv").read_text()
