"""Published checkpoints become models; no code of theirs is run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from irpoint import Detector
from irpoint.errors import ModelError, SettingsError
from irpoint.export.onnx import native
from irpoint.frames.levels import normalise
from irpoint.frames.scale import letterbox
from irpoint.methods import METHODS, find_method
from irpoint.methods.blocks.deployed import IMAGENET
from irpoint.training.import_weights import import_weights, read_checkpoint
from irpoint.zoo import find_model
from support.tiny_method import TINY, tiny_network, write_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")


class _Malicious:
    """Unpickling it would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.xdist_group("export")
def test_an_imported_model_keeps_response_lattice_and_rule(imported_tiny: Path) -> None:
    network = tiny_network()
    card = find_model(imported_tiny).card
    assert (card.resize, card.map_offset, card.normalisation) == ("corner", 0.0, "full-range")
    assert (card.input_scale, card.data, card.split) == ("fit:64", ("TINY-64",), "published")
    assert card.thresholds.default == 0.3
    assert card.published_decoder == TINY.published_decoder
    weights = load_file(imported_tiny / "best.safetensors")
    assert all(torch.equal(weights[name], value) for name, value in network.state_dict().items())
    detector = Detector(imported_tiny, backend="onnxruntime", published_decoder=True)
    frame = np.random.default_rng(0).integers(0, 256, (50, 64), np.uint8)
    response = detector.respond([detector.prepare(frame)])[0]
    image, _ = letterbox(normalise(frame, 0.0, 255.0), 64)
    with torch.no_grad():
        wanted = native(network, torch.tensor(image)[None, None], IMAGENET)
    np.testing.assert_allclose(response, wanted[0, 0].numpy(), atol=1e-4)
    assert response.std() > 1e-3


@pytest.mark.parametrize(("side", "data"), [(96, ("TINY-96",)), (128, ())])
def test_the_side_decides_scale_and_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int, data: tuple[str, ...]
) -> None:
    monkeypatch.setattr("irpoint.training.import_weights.export_onnx", lambda *_, **__: b"graph")
    file = write_checkpoint(tmp_path / "weights.pth", tiny_network())
    card = find_model(import_weights(file, tmp_path / "model", TINY, side)).card
    assert (card.input_scale, card.data) == (f"fit:{side}", data)


def test_importing_runs_no_code_of_the_file(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    torch.save({"model": _Malicious(trap)}, tmp_path / "bad.pth")
    with pytest.raises(ModelError, match=r"bad\.pth"):
        read_checkpoint(tmp_path / "bad.pth")
    assert not trap.exists()


@pytest.mark.parametrize("content", [b"", b"junk", b"not a checkpoint", b"PK\x03\x04broken"])
def test_a_damaged_checkpoint_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"weights\.pth") as caught:
        import_weights(file, tmp_path / "out", TINY)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"model": torch.nn.Linear(3, 3).state_dict()}, tmp_path / "other.pth")
    for method, message in ((TINY, "tiny"), (METHODS["spire"], "SPIRE")):
        with pytest.raises(ModelError, match=rf"other\.pth: not a {message} checkpoint"):
            import_weights(tmp_path / "other.pth", tmp_path / "out", method)


def test_a_method_without_published_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"'sshd' has no published weights .* from spire"):
        import_weights(tmp_path / "any.pth", tmp_path / "out", find_method("sshd"))


def test_importing_overwrites_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(SettingsError, match="not empty"):
        import_weights(tmp_path / "any.pth", out, TINY)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
