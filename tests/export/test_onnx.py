"""Export to ONNX, checked against the network."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from irpoint.errors import ModelError
from irpoint.export import onnx as export
from irpoint.methods.blocks.deployed import IMAGENET
from support.tiny_method import TINY, TinyNetwork, tiny_network

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.xdist_group("export")]


def exported(network: TinyNetwork, *, half: bool = True) -> bytes:
    return export.export_onnx(network, TINY, IMAGENET, map_offset=0.0, half=half)


@pytest.fixture
def graph(imported_tiny: Path) -> bytes:
    """The exported tiny network, weights in full precision."""
    return (imported_tiny / "model.onnx").read_bytes()


@pytest.fixture
def exported_once(graph: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every export gives the graph of the tiny network, at once."""
    monkeypatch.setattr(export, "trace", lambda *_, **__: graph)


def test_the_graph_says_nothing_of_the_machine_that_made_it(graph: bytes) -> None:
    for part in Path(__file__).resolve().parents[:3]:
        assert str(part).encode() not in graph
    assert b"stack_trace" not in graph


def test_the_graph_takes_batches_and_any_size(graph: bytes) -> None:
    session = onnxruntime.InferenceSession(graph)
    frames = np.random.default_rng(0).random((3, 1, 21, 34), np.float32)
    levels = np.array([[0, 1], [0, 2], [-1, 1]], np.float32)
    response, peaks = session.run(["response", "peaks"], {"frame": frames, "levels": levels})
    assert response.shape == (3, 1, 6, 9)
    assert peaks.shape == (3, 3, 6, 9)


@pytest.mark.usefixtures("exported_once")
def test_a_graph_that_differs_is_refused(graph: bytes) -> None:
    assert exported(tiny_network(), half=False) == graph
    other = copy.deepcopy(tiny_network())
    with torch.no_grad():
        other.head.bias += 0.01
    with pytest.raises(ModelError, match=r"differs from the network by 0\.01"):
        exported(other)


@pytest.mark.usefixtures("exported_once")
def test_weights_are_stored_in_half_precision_if_the_response_hardly_changes(
    graph: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "HALF_TOLERANCE", 0.0)
    assert exported(tiny_network()) == graph
    monkeypatch.setattr(export, "HALF_TOLERANCE", 1.0)
    half = exported(tiny_network())
    assert len(half) < len(graph)
    inputs = {"frame": np.random.default_rng(0).random((1, 1, 64, 96), np.float32),
              "levels": np.float32([[0, 1]])}  # fmt: skip
    one, two = (
        onnxruntime.InferenceSession(made).run(["response"], inputs)[0] for made in (graph, half)
    )
    assert 0 < np.abs(one - two).max() < 0.01 * np.abs(one).max() + 1e-3
