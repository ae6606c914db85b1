"""Export to OpenVINO's own files."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from irpoint import Detector
from irpoint.errors import ModelError
from irpoint.frames.levels import levels
from irpoint.zoo import find_model
from support.models import draw_blobs

needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="openvino is not installed"
)


@needs_openvino
def test_openvino_files_give_the_same_response(model: Path, tmp_path: Path, cli) -> None:
    from irpoint.runtime.backends.openvino import core

    code, out, err = cli("export", "--model", model, "--to", "openvino", "--out", tmp_path / "ov")
    assert code == 0, err
    assert out.strip() == str(tmp_path / "ov" / "model.xml")
    names = {path.name for path in (tmp_path / "ov").iterdir()}
    assert names == {"model.xml", "model.bin", "model.json"}
    frame = draw_blobs([(40, 30)]).astype(np.float32)
    compiled = core().compile_model(
        tmp_path / "ov" / "model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    low, high = levels(frame)
    responses = compiled({"frame": frame[None, None], "levels": np.float32([[low, high]])})
    detector = Detector(model, backend="onnxruntime", threads=1)
    wanted = detector.respond([detector.prepare(frame)])[0]
    assert responses["response"][0, 0] == pytest.approx(wanted, abs=2e-3)


@needs_openvino
def test_openvino_files_beside_an_onnx_file(write_model, tmp_path: Path, cli) -> None:
    run, other = write_model(tmp_path / "run" / "model.onnx"), tmp_path / "other" / "model.onnx"
    assert cli("export", "--model", run.parent, "--to", "openvino")[0] == 0
    assert Detector(run.parent, backend="onnxruntime").card == find_model(run).card
    assert Detector(run.with_suffix(".xml"), threads=1).backend == "openvino"
    write_model(other, sha256="another")
    other.write_bytes(b"another")
    code, _, err = cli("export", "--model", run, "--to", "openvino", "--out", other.parent)
    assert code == 1
    assert "other: contains another model; give another folder" in " ".join(err.split())
    assert sorted(path.name for path in other.parent.iterdir()) == ["model.json", "model.onnx"]


@needs_openvino
def test_an_openvino_export_that_differs_is_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from irpoint.export import openvino as to_openvino

    monkeypatch.setattr(to_openvino, "TOLERANCE", -1.0)
    with pytest.raises(ModelError, match=r"response in OpenVINO differs by"):
        to_openvino.to_openvino(find_model(model), tmp_path / "ov")
    assert not (tmp_path / "ov").exists()


@needs_openvino
def test_wrong_exports_are_one_line(model: Path, tmp_path: Path, cli) -> None:
    for arguments, message in (
        (("--model", model, "--to", "openvino"), "give --out DIR as well"),
        (("--model", "dog", "--to", "openvino", "--out", tmp_path / "x"), "is a filter"),
        (("--model", "nonsuch", "--to", "openvino", "--out", tmp_path / "x"), "no such model"),
        (("--model", model, "--out", tmp_path / "x"), "is always written to its run"),
    ):
        code, _, err = cli("export", *arguments)
        assert code == 1
        assert message in " ".join(err.split())
    assert not (tmp_path / "x").exists()
