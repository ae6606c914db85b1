"""Export checked against the network, and published checkpoints made into models."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from irpoint import Detector
from irpoint.errors import ModelError, SettingsError
from irpoint.export import onnx as export
from irpoint.frames.levels import normalise
from irpoint.frames.scale import letterbox
from irpoint.methods.spire import SPIRE
from irpoint.methods.spire.network import HRPE
from irpoint.training.import_weights import import_spire, read_checkpoint
from irpoint.zoo import find_model


class _Malicious:
    """Unpickling it would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


@pytest.fixture(scope="module")
def network() -> HRPE:
    """Random weights, with batch norms that do something."""
    generator = torch.Generator().manual_seed(3)
    network = HRPE()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.2, generator=generator)
                module.running_var.uniform_(0.5, 2, generator=generator)
                module.weight.uniform_(0.5, 1.5, generator=generator)
    return network.eval()


@pytest.fixture(scope="module")
def imported(network: HRPE, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    checkpoint = folder / "weights.pth"
    torch.save({"model": network.state_dict(), "epoch": 1}, checkpoint)
    import_spire(checkpoint, folder / "model", side=128)
    return folder / "model"


def test_imported_model_answers_as_the_network_does(network: HRPE, imported: Path) -> None:
    detector = Detector(imported, backend="onnxruntime")
    frame = np.random.default_rng(0).integers(0, 256, (100, 128), np.uint8)
    response = detector.respond([detector.prepare(frame)])[0]
    image, _ = letterbox(normalise(frame, 0.0, 255.0), 128)
    with torch.no_grad():
        wanted = export.native(network, torch.tensor(image)[None, None], export.IMAGENET)
    np.testing.assert_allclose(response, wanted[0, 0].numpy(), atol=1e-4)
    assert response.std() > 1e-3


def test_card_of_an_import_keeps_the_published_lattice(imported: Path) -> None:
    card = find_model(imported).card
    assert (card.resize, card.map_offset, card.normalisation) == ("corner", 0.0, "full-range")
    assert card.input_scale == "fit:128"
    assert card.thresholds.default == 0.35


def test_graph_says_nothing_of_where_it_was_made(imported: Path) -> None:
    content = (imported / "model.onnx").read_bytes()
    for part in Path(__file__).resolve().parents[:3]:
        assert str(part).encode() not in content
    assert b"stack_trace" not in content


def test_export_that_differs_is_refused(
    network: HRPE, imported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.head.bias += 0.01
    graph = (imported / "model.onnx").read_bytes()
    monkeypatch.setattr(export, "_graph", lambda module, batches: graph)
    assert export.export_onnx(network, SPIRE, export.IMAGENET, half=False) == graph
    with pytest.raises(ModelError, match="differs from the network"):
        export.export_onnx(other, SPIRE, export.IMAGENET)


def test_weights_are_stored_in_half_where_that_hardly_changes_the_response(
    network: HRPE, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, make = [], export._graph

    def make_once(module: torch.nn.Module, /, *, batches: bool) -> bytes:
        made.append(made[0] if made else make(module, batches=batches))
        return made[0]

    monkeypatch.setattr(export, "_graph", make_once)
    monkeypatch.setattr(export, "_HALF_TOLERANCE", 0.0)
    whole = export.export_onnx(network, SPIRE)
    monkeypatch.setattr(export, "_HALF_TOLERANCE", 1.0)
    half = export.export_onnx(network, SPIRE)
    assert len(half) < 0.6 * len(whole)
    image = np.random.default_rng(0).random((1, 1, 64, 96), np.float32)
    given = {"frame": image, "levels": np.float32([[0, 1]])}
    one, two = (
        onnxruntime.InferenceSession(graph).run(["response"], given)[0] for graph in (whole, half)
    )
    assert 0 < np.abs(one - two).max() < 0.01 * np.abs(one).max() + 1e-3


def test_import_runs_no_code_of_the_file(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    torch.save({"model": _Malicious(trap)}, tmp_path / "bad.pth")
    with pytest.raises(ModelError, match=r"bad\.pth"):
        read_checkpoint(tmp_path / "bad.pth")
    assert not trap.exists()


@pytest.mark.parametrize("content", [b"", b"junk", b"not a checkpoint", b"PK\x03\x04broken"])
def test_damaged_checkpoint_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"weights\.pth") as caught:
        import_spire(file, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"model": torch.nn.Linear(3, 3).state_dict()}, tmp_path / "other.pth")
    with pytest.raises(ModelError, match="not a SPIRE checkpoint"):
        import_spire(tmp_path / "other.pth", tmp_path / "out")


def test_import_overwrites_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(SettingsError, match="not empty"):
        import_spire(tmp_path / "any.pth", out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
