"""Teachers: what a student learns beside its labels."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from irpoint import Detector
from irpoint.errors import ModelError
from irpoint.export.onnx import native
from irpoint.methods import METHODS
from irpoint.methods.blocks.deployed import OURS
from irpoint.training.crops import Crops
from irpoint.training.lessons import Lessons
from irpoint.training.losses import LOSSES
from irpoint.training.module import ResponseModule
from irpoint.training.settings import Teacher, TrainSettings
from irpoint.training.teachers import Teachers, turned, turned_back
from irpoint.training.weights import read_weights
from irpoint.zoo import model_names, shipped_weights
from support.runs import short_run
from support.tiny_method import tiny_network

pytestmark = pytest.mark.usefixtures("one_thread", "tiny_method")


class Ramp(nn.Module):
    """Adds the column to the mean of each cell, and a constant: differs in every orientation."""

    def __init__(self, constant: float) -> None:
        super().__init__()
        self.constant = constant

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        cells = nn.functional.avg_pool2d(image, 4)
        return cells + torch.arange(cells.shape[-1]) + self.constant


def of(*networks: nn.Module) -> Teachers:
    teachers = Teachers((), lambda image: image)
    teachers.networks = list(networks)
    return teachers


def taught(tmp_path: Path, **changes: object) -> TrainSettings:
    file = tmp_path / "teacher.safetensors"
    save_file(tiny_network(3).state_dict(), file)
    return short_run(tmp_path, teachers=[{"method": "tiny", "weights": file}], **changes)


@pytest.mark.parametrize("orientation", range(8))
def test_every_orientation_differs_and_is_turned_back(orientation: int) -> None:
    image = torch.rand(2, 1, 8, 8)
    assert torch.equal(turned_back(turned(image, orientation), orientation), image)
    same = [k for k in range(8) if torch.equal(turned(image, k), turned(image, orientation))]
    assert same == [orientation]


def test_a_symmetric_teacher_responds_alike_in_every_step() -> None:
    image = torch.rand(3, 1, 16, 16)
    teachers = of(nn.AvgPool2d(4))
    for step in range(8):
        assert torch.allclose(teachers(image, step), nn.functional.avg_pool2d(image, 4))


def test_teachers_take_turns_and_their_mean_is_symmetric() -> None:
    image = torch.zeros(1, 1, 16, 16)
    teachers = of(Ramp(0.0), Ramp(10.0))
    responses = [teachers(image, step) for step in range(16)]
    assert [float(r.mean()) for r in responses[:4]] == [1.5, 11.5, 1.5, 11.5]
    assert torch.allclose(torch.stack(responses).mean(0), torch.full((1, 1, 4, 4), 6.5))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_student_learns_labels_and_teachers_by_their_shares(
    tmp_path: Path, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[torch.Tensor] = []

    def recorded(response: torch.Tensor, target_map: torch.Tensor, _: float) -> torch.Tensor:
        learned.append(target_map)
        return response.mean()

    monkeypatch.setitem(LOSSES, "recorded", recorded)
    settings = taught(tmp_path, teachers_share=share, loss="recorded")
    module = ResponseModule(settings, Crops([], settings), [])
    monkeypatch.setattr(module, "log", lambda *_, **__: None)
    image, label = torch.rand(2, 1, 32, 32), torch.rand(2, 1, 8, 8)
    module.training_step((image, label, torch.tensor([True, False])), 0)
    response = module.teachers(image, 0)
    assert not response.requires_grad
    mixed = (1 - share) * label + share * response
    assert torch.allclose(learned[0][0], mixed[0], atol=1e-6)
    assert torch.equal(learned[0][1], label[1])  # simulated: exact labels, no teacher


def test_teachers_are_neither_trained_nor_saved(tmp_path: Path) -> None:
    settings = taught(tmp_path)
    plain = settings.model_copy(update={"teachers": ()})
    with_teachers, without = (ResponseModule(s, Crops([], s), []) for s in (settings, plain))
    assert set(with_teachers.state_dict()) == set(without.state_dict())


def test_a_teacher_of_another_method_is_refused(tmp_path: Path) -> None:
    (teacher,) = taught(tmp_path).teachers
    wrong = Teacher(method="spire", weights=teacher.weights)
    with pytest.raises(ModelError, match=r"teacher\.safetensors: not the weights of a HRPE"):
        Teachers([wrong], lambda image: image)


def test_a_taught_crop_is_learned_as_often_as_asked_and_in_all_orientations() -> None:
    lessons, seen = Lessons(4, seed=0), dict[float, set[bytes]]()
    maps = torch.arange(200.0).reshape(200, 1, 1, 1) + torch.zeros(1, 1, 2, 2)
    for step in range(200):
        image = torch.rand(1, 1, 8, 8)
        drawn, labels = lessons(image, maps[step : step + 1], step)
        assert drawn.shape == (4, 1, 8, 8)
        for crop, label in zip(drawn, labels, strict=True):
            seen.setdefault(float(label[0, 0, 0]), set()).add(crop.numpy().tobytes())
    often = sorted(len(ways) for number, ways in seen.items() if number < 20)
    assert often[0] >= 4  # the first are drawn most often: few are kept then
    assert often[-1] <= 8


def test_taught_crops_are_kept_while_a_step_computes_in_bfloat16(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = taught(tmp_path, batch=4, crops_per_epoch=8, teachers_reuse=2)
    module = ResponseModule(settings, Crops([], settings), [])
    monkeypatch.setattr(module, "log", lambda *_, **__: None)
    crops = torch.rand(2, 1, 32, 32), torch.rand(2, 1, 8, 8), torch.ones(2, dtype=torch.bool)
    with torch.autocast("cpu", torch.bfloat16):
        loss = module.training_step(crops, 0)
    assert torch.isfinite(loss)


def test_a_crop_and_its_map_are_turned_alike() -> None:
    lessons = Lessons(16, seed=1)
    image = torch.rand(1, 1, 8, 12)
    crops, maps = lessons(image, nn.functional.avg_pool2d(image, 4), 0)
    assert torch.allclose(nn.functional.avg_pool2d(crops, 4), maps, atol=1e-3)
    assert len({crop.numpy().tobytes() for crop in crops}) == 4
    square = torch.rand(1, 1, 8, 8)
    for step in range(40):
        crops, maps = lessons(square, nn.functional.avg_pool2d(square, 4), step)
        assert torch.allclose(nn.functional.avg_pool2d(crops, 4), maps, atol=1e-3)


def test_reuse_divides_the_batch_and_needs_teachers(tmp_path: Path) -> None:
    settings = taught(tmp_path, batch=4, crops_per_epoch=8, teachers_reuse=2)
    assert (settings.new_batch, settings.new_crops_per_epoch) == (2, 4)
    assert len(Crops([], settings).numbers) == 4
    with pytest.raises(ValueError, match=r"batch \(4\) and .* teachers_reuse \(3\)"):
        taught(tmp_path, batch=4, crops_per_epoch=9, teachers_reuse=3)
    with pytest.raises(ValueError, match="needs teachers"):
        short_run(tmp_path, batch=4, crops_per_epoch=8, teachers_reuse=2)


@pytest.mark.parametrize("name", sorted(METHODS.keys() & model_names()))
def test_shipped_weights_are_those_of_the_shipped_graph(name: str) -> None:
    detector = Detector(name, backend="onnxruntime", threads=1)
    network = METHODS[name].build(detector.card.width)
    network.load_state_dict(read_weights(Path(name), network))
    assert shipped_weights(name).is_file()
    frame = np.random.default_rng(0).normal(1000, 30, (40, 56)).astype(np.float32)
    # At its native scale: the response is compared, not the points.
    with pytest.warns(match="scale native"):
        detector = Detector(name, backend="onnxruntime", threads=1, scale="native")
    prepared = detector.prepare(frame)
    low, high = prepared.levels
    image = torch.from_numpy(((prepared.image - low) / (high - low)).clip(-1, 5))[None, None]
    with torch.inference_mode():
        wanted = native(network.eval(), image, OURS)[0, 0].numpy()
    assert np.abs(detector.respond([prepared])[0] - wanted).max() < 2e-3


def test_a_teacher_with_another_hash_is_refused(tmp_path: Path) -> None:
    (teacher,) = taught(tmp_path).teachers
    right = hashlib.sha256(teacher.weights.read_bytes()).hexdigest()
    for sha256 in (right, "0" * 64):
        checked = teacher.model_copy(update={"sha256": sha256})
        if sha256 == right:
            assert len(Teachers([checked], lambda image: image).networks) == 1
        else:
            with pytest.raises(ModelError, match=f"has the SHA-256 {right}, not 000"):
                Teachers([checked], lambda image: image)
