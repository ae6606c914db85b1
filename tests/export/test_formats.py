"""Export formats are rows of a table, and so is a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from irpoint.export.formats import FORMATS, ExportFormat
from irpoint.zoo import Model


def write_toy(model: Model, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.toy"
    path.write_text(model.card.name)
    return path


def test_a_new_format_is_a_function_and_a_row(
    cli, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "toy", ExportFormat(("json",), "toy", write_toy))
    code, out, err = cli("export", "--model", model, "--to", "toy", "--out", tmp_path / "toy")
    assert (code, out.strip()) == (0, str(tmp_path / "toy" / "model.toy")), err
    assert (tmp_path / "toy" / "model.toy").read_text() == "tiny"
    code, _, err = cli("export", "--model", model, "--to", "tflite", "--out", tmp_path / "x")
    assert code == 1
    assert "format 'tflite' is unknown; choose from onnx, openvino, toy" in err


def test_missing_libraries_name_their_extra(
    cli, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "toy", ExportFormat(("no_such_library",), "toys", write_toy))
    code, _, err = cli("export", "--model", model, "--to", "toy", "--out", tmp_path / "toy")
    assert code == 1
    assert "format 'toy' needs no_such_library: pip install 'irpoint[toys]'" in err
