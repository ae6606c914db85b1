"""A model in 8 bits: it runs like any other, and its loss and gain are reported."""

from __future__ import annotations

import csv
import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import cdist

from irpoint import Detector
from irpoint.datasets import LabelledFrame
from irpoint.errors import DatasetError, ModelError, SettingsError
from irpoint.points import Points
from irpoint.zoo import find_model
from support.models import shipped_weights

needs_nncf = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("nncf", "openvino")),
    reason="nncf or openvino is not installed",
)


@pytest.fixture
def data(tmp_path: Path, cli) -> Path:
    """Six simulated frames with bright targets; four to train, two to validate."""
    folder = tmp_path / "NUDT-SIRST"  # a name that the cards list
    arguments = ("--frames", 6, "--size", "256x192", "--snr", "25-35", "--targets", "2-3")
    assert cli("simulate", "--out", tmp_path / "sim", *arguments)[0] == 0
    assert cli("convert", tmp_path / "sim", folder, "--to", "csv")[0] == 0
    with (folder / "points.csv").open() as stream:
        names = sorted({row["image"] for row in csv.DictReader(stream)})
    lists = folder / "img_idx"
    lists.mkdir()
    for split, listed in (("train", names[:4]), ("val", names[4:])):
        (lists / f"{split}.txt").write_text("\n".join(Path(name).stem for name in listed) + "\n")
    return folder


@shipped_weights
@needs_nncf
def test_the_quantised_model_runs_and_its_loss_and_gain_are_reported(
    cli, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("irpoint.export.int8.RUNS", 2)
    # At the native scale of its small frames: a quarter of the pixels.
    shipped, source, out = find_model("spire"), tmp_path / "spire.onnx", tmp_path / "small"
    native = shipped.card.model_copy(update={"input_scale": "native"})
    source.write_bytes(shipped.graph)
    source.with_suffix(".json").write_text(native.model_dump_json())
    arguments = ("--to", "openvino", "--int8", "--data", data, "--out", out)
    code, printed, err = cli("export", "--model", source, *arguments)
    assert code == 0, err
    assert printed.strip() == str(out / "model.xml")
    lines = err.splitlines()
    assert lines[0].startswith("irpoint: 2 validation frames")
    assert [line.split()[0] for line in lines if "F1 " in line][-2:-1] == ["int8"]
    assert lines[-1].count("ms against") == 1
    seen = "irpoint: spire was trained on this split of NUDT-SIRST: these figures are not held out"
    assert (seen in lines) == ("val" in find_model("spire").card.split)
    card = find_model(out).card
    assert (card.name, card.metrics) == ("spire-int8", {})
    assert "ranges from 4 training frames" in card.note
    (frame,) = (data / "images").glob("*4.*")
    pixels = np.asarray(Image.open(frame))
    whole, small = Detector(source, backend="onnxruntime"), Detector(out)
    assert small.precision == "int8"
    wanted, points = whole(pixels), small(pixels)
    assert len(wanted) == len(points) > 0
    assert cdist(wanted.xy, points.xy).min(axis=1).max() < 0.5
    with pytest.raises(
        SettingsError, match="'spire-int8' is in OpenVINO's format: give --backend openvino"
    ):
        Detector(out, backend="onnxruntime")
    (out / "model.bin").write_bytes((out / "model.bin").read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="not the file that its card describes"):
        find_model(out)


@needs_nncf
def test_a_model_without_a_layer_to_quantise_is_refused(
    cli, model: Path, data: Path, tmp_path: Path
) -> None:
    arguments = ("--to", "openvino", "--int8", "--data", data, "--out", tmp_path / "x")
    for name, wanted in ((model, "no layer is large enough for 8 bits"), ("dog", "is a filter")):
        code, _, err = cli("export", "--model", name, *arguments)
        assert code == 1
        assert wanted in err.splitlines()[-1]
    assert not (tmp_path / "x").exists()
    code, _, err = cli("export", "--model", model, *arguments[:-1], model.parent)
    assert code == 1
    assert "contains another model" in err


@needs_nncf
def test_a_validation_split_without_targets_is_refused(model: Path, tmp_path: Path) -> None:
    from irpoint.export.int8 import to_int8

    frame = LabelledFrame("a", tmp_path / "a.png", (96, 128), Points.labels([[9, 9]]), "made")
    empty = replace(frame, points=Points.empty())
    with pytest.raises(DatasetError, match="int8 needs targets in the split val"):
        to_int8(find_model(model), [frame], [empty], tmp_path / "x")


@needs_nncf
@pytest.mark.parametrize(
    ("f1", "ms", "verdict"),
    [
        (0.90, 20.0, "int8 is faster here: 20.0 ms against 30.0 in bf16, F1 lower by 0.5 points"),
        (0.91, 20.0, "int8 is faster here: 20.0 ms against 30.0 in bf16, F1 higher by 0.5 points"),
        (0.91, 30.5, "not recommended, int8 is slower here: 30.5 ms against 30.0 in bf16"),
        (0.80, 20.0, "not recommended, int8 is less accurate: 20.0 ms against 30.0 in bf16"),
    ],
)
def test_what_is_slower_or_finds_less_is_not_recommended(
    f1: float, ms: float, verdict: str
) -> None:
    from irpoint.export.int8 import Int8, PrecisionFigures

    figures = {
        "f32": PrecisionFigures(0.95, 60.0),
        "bf16": PrecisionFigures(0.905, 30.0),
        "int8": PrecisionFigures(f1, ms),
    }
    assert Int8(Path("model.xml"), figures).verdict.startswith(verdict)


def test_options_that_belong_together_are_required_together(
    cli, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    for arguments in (
        ("--to", "openvino", "--int8", "--out", out),
        ("--int8", "--data", tmp_path, "--out", out),
        ("--to", "openvino", "--int8", "--data", tmp_path),
        ("--to", "openvino", "--data", tmp_path, "--out", out),
    ):
        code, _, err = cli("export", "--model", model, *arguments)
        assert (code, len(err.splitlines())) == (1, 1)
        assert "--int8 needs --to openvino, --data DIR and --out DIR" in err
    arguments = ("--to", "openvino", "--int8", "--data", tmp_path, "--out", out)
    monkeypatch.setattr("irpoint.export.formats.find_spec", lambda name: None)
    code, _, err = cli("export", "--model", model, *arguments)
    assert code == 1
    assert "pip install 'irpoint[int8]'" in err


@needs_nncf
def test_an_openvino_export_is_a_model_too(cli, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "ov"
    assert cli("export", "--model", model, "--to", "openvino", "--out", out)[0] == 0
    frame = np.zeros((64, 64), np.uint8)
    frame[30:33, 40:43] = 100
    wanted = Detector(model, backend="openvino")(frame)
    for path in (out, out / "model.xml"):
        detector = Detector(path)
        assert detector.backend == "openvino"
        assert detector(frame).xy == pytest.approx(wanted.xy, abs=0.1)
    # In the folder of a run the card stays that of the ONNX file, which is found first.
    before = json.loads((model.parent / "model.json").read_text())
    assert cli("export", "--model", model.parent, "--to", "openvino")[0] == 0
    assert json.loads((model.parent / "model.json").read_text()) == before
    assert Detector(model.parent, backend="onnxruntime").backend == "onnxruntime"
    code, _, err = cli("export", "--model", out, "--to", "openvino", "--out", tmp_path / "again")
    assert code == 1
    assert "already in OpenVINO's format" in err
