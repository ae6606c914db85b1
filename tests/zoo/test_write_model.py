"""Models that are written are found again, each kind with its own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from irpoint.errors import ModelError
from irpoint.zoo import Model, ModelCard, digest, find_model, write_model
from support.models import tiny_card


@pytest.mark.parametrize(
    ("graph", "weights", "files"),
    [
        (b"graph", b"", ["model.json", "model.onnx"]),
        (b"<net/>", b"numbers", ["model.bin", "model.json", "model.xml"]),
        (b"", b"", ["model.json"]),
    ],
    ids=["onnx", "openvino", "filter"],
)
def test_a_written_model_is_found(
    tmp_path: Path, graph: bytes, weights: bytes, files: list[str]
) -> None:
    card = ModelCard.model_validate(
        tiny_card(b"") | {"sha256": digest(graph + weights), "parameters": len(graph)}
    )
    model = Model(card, graph, weights)
    written = write_model(tmp_path / "new", model)
    assert written == tmp_path / "new" / "model.json"
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == files
    assert find_model(tmp_path / "new") == model


def test_a_network_without_its_graph_is_no_model(tmp_path: Path) -> None:
    write_model(tmp_path, Model(ModelCard.model_validate(tiny_card(b"")), b"graph"))
    (tmp_path / "model.onnx").unlink()
    with pytest.raises(ModelError, match="no such model"):
        find_model(tmp_path)
