"""Teachers: what a student is told besides its labels."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from irpoint.errors import ModelError
from irpoint.methods import METHODS
from irpoint.training.settings import Teacher, TrainSettings
from irpoint.training.teachers import Teachers, turned, turned_back
from irpoint.training.weights import read_weights


class Corner(nn.Module):
    """Says of each cell how far right it lies, plus a constant: not the same when turned."""

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


@pytest.mark.parametrize("way", range(8))
def test_every_orientation_is_another_and_is_taken_back(way: int) -> None:
    image = torch.rand(2, 1, 8, 8)
    assert torch.equal(turned_back(turned(image, way), way), image)
    same = [k for k in range(8) if torch.equal(turned(image, k), turned(image, way))]
    assert same == [way]


def test_a_teacher_that_is_symmetric_says_the_same_at_every_step() -> None:
    image = torch.rand(3, 1, 16, 16)
    teachers = of(nn.AvgPool2d(4))
    for step in range(8):
        assert torch.allclose(teachers(image, step), nn.functional.avg_pool2d(image, 4))


def test_teachers_answer_in_turn_and_over_the_steps_by_their_symmetric_mean() -> None:
    image = torch.zeros(1, 1, 16, 16)
    teachers = of(Corner(0.0), Corner(10.0))
    answers = [teachers(image, step) for step in range(16)]
    assert [float(a.mean()) for a in answers[:4]] == [1.5, 11.5, 1.5, 11.5]
    assert torch.allclose(torch.stack(answers).mean(0), torch.full((1, 1, 4, 4), 6.5))


def settings(tmp_path: Path, **changes: object) -> TrainSettings:
    file = tmp_path / "teacher.safetensors"
    save_file(METHODS["p2p-lite"].build(None).state_dict(), file)
    values = {"data": ["x"], "teachers": [{"method": "p2p-lite", "weights": file}]}
    return TrainSettings.model_validate(values | changes)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_target_is_labels_and_teachers_by_their_shares(
    tmp_path: Path, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from irpoint.training import module as training
    from irpoint.training.crops import Crops

    wanted = settings(tmp_path, teachers_share=share, method="p2p-lite")
    module = training.ResponseModule(wanted, Crops([], wanted), [])
    told: list[torch.Tensor] = []

    def loss(response: torch.Tensor, target: torch.Tensor, _: float) -> torch.Tensor:
        told.append(target)
        return response.mean()

    monkeypatch.setattr(training, "response_loss", loss)
    monkeypatch.setattr(module, "log", lambda *_, **__: None)
    image, label = torch.rand(2, 1, 32, 32), torch.rand(2, 1, 8, 8)
    module.training_step((image, label), 0)
    said = module._teachers(image, 0)
    assert not said.requires_grad
    assert torch.allclose(told[0], (1 - share) * label + share * said, atol=1e-6)


def test_teachers_are_no_part_of_what_is_trained_or_saved(tmp_path: Path) -> None:
    from irpoint.training.crops import Crops
    from irpoint.training.module import ResponseModule

    wanted = settings(tmp_path)
    with_teachers = ResponseModule(wanted, Crops([], wanted), [])
    plain = wanted.model_copy(update={"teachers": ()})
    without = ResponseModule(plain, Crops([], plain), [])
    assert set(with_teachers.state_dict()) == set(without.state_dict())


def test_a_teacher_of_another_method_is_refused(tmp_path: Path) -> None:
    (teacher,) = settings(tmp_path).teachers
    wrong = Teacher(method="spire", weights=teacher.weights)
    with pytest.raises(ModelError, match=r"teacher\.safetensors: not the weights of a HRPE"):
        Teachers([wrong], lambda image: image)


@pytest.mark.parametrize("name", ["spire", "p2p-lite", "sshd"])
def test_shipped_weights_are_found_by_name_and_are_those_of_the_graph(name: str) -> None:
    import numpy as np

    from irpoint import Detector
    from irpoint.export.onnx import OURS, native

    detector = Detector(name, backend="onnxruntime")
    network = METHODS[name].build(detector.card.width)
    network.load_state_dict(read_weights(Path(name), network))
    frame = np.random.default_rng(0).normal(1000, 30, (64, 96)).astype(np.float32)
    prepared = detector.prepare(frame)
    low, high = prepared.levels
    image = torch.from_numpy(((prepared.image - low) / (high - low)).clip(-1, 5))[None, None]
    with torch.inference_mode():
        said = native(network.eval(), image, OURS)[0, 0].numpy()
    assert np.abs(detector.respond([prepared])[0] - said).max() < 2e-3


@pytest.mark.parametrize(
    ("arguments", "method", "width"),
    [
        (("--init", "sshd"), "sshd", 8),
        (("--init", "sshd", "--set", "width=16"), "sshd", 16),
        (("--init", "p2p-lite"), "p2p-lite", None),
        (("--init", "p2p-lite", "--method", "spire"), "spire", None),
        (("--method", "sshd"), "sshd", None),
        ((), "spire", None),
    ],
)
def test_a_shipped_start_says_which_network(
    cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments, method: str, width: int | None
) -> None:
    begun: list[TrainSettings] = []
    monkeypatch.setattr("irpoint.training.run.train", lambda s, run, **_: begun.append(s) or run)
    code, _, err = cli("train", "--data", tmp_path, "--out", tmp_path / "run", *arguments)
    assert code == 0, err
    assert (begun[0].method, begun[0].width) == (method, width)
