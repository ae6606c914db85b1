"""The optimizer: which parameters Muon moves, and how."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from irpoint.training.optimizer import MuonAdamW, orthogonalised


@pytest.fixture(autouse=True)
def seeded(one_thread: None) -> None:
    torch.manual_seed(0)


def test_orthogonalised_brings_singular_values_near_one() -> None:
    for shape in ((20, 50), (64, 16)):
        values = torch.linalg.svdvals(orthogonalised(torch.randn(*shape)))
        assert values.min() > 0.5
        assert values.max() < 1.3


def test_kernels_that_mix_channels_go_to_muon_and_others_to_adam() -> None:
    mixing, depthwise = nn.Conv2d(16, 32, 3, bias=False), nn.Conv2d(16, 16, 3, groups=16)
    norm = nn.BatchNorm2d(16)
    layers = nn.ModuleList([mixing, depthwise, norm])
    optimizer = MuonAdamW(layers.parameters(), 0.02, 0.01)
    groups = {bool(g["muon"]): [p for q in optimizer.param_groups if q["muon"] == g["muon"]
              for p in q["params"]] for g in optimizer.param_groups}  # fmt: skip
    assert [id(p) for p in groups[True]] == [id(mixing.weight)]
    assert len(groups[False]) == 4
    decays = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    assert decays[id(norm.weight)] == 0
    before = mixing.weight.detach().clone()
    for parameter in layers.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimizer.step()
    step = (mixing.weight.detach() - before * (1 - 0.02 * 0.01)).flatten(1)
    assert torch.linalg.svdvals(step).max() < 1.3 * 0.02
    assert torch.linalg.svdvals(step).min() > 0.5 * 0.02


def test_kernels_of_one_shape_move_as_each_would_alone() -> None:
    starts = [torch.randn(shape) for shape in [(24, 40, 1, 1)] * 3 + [(16, 8, 3, 3)]]

    def moved(members: list[int]) -> dict[int, Tensor]:
        kernels = {k: nn.Parameter(starts[k].clone()) for k in members}
        optimizer = MuonAdamW(kernels.values(), 0.1, 0.01)
        for step in range(3):
            for k, kernel in kernels.items():
                if (k, step) != (1, 1):  # one has no gradient, once
                    kernel.grad = torch.randn(
                        kernel.shape, generator=torch.Generator().manual_seed(10 * step + k)
                    )
            optimizer.step()
        return {k: kernel.detach() for k, kernel in kernels.items()}

    together = moved([0, 1, 2, 3])
    for k in together:
        assert torch.allclose(together[k], moved([k])[k], atol=1e-6)
        assert not torch.allclose(together[k], starts[k], atol=0.02)


def test_muon_continues_in_the_mean_direction_of_earlier_steps() -> None:
    weight = nn.Parameter(torch.zeros(24, 40, 1, 1))
    optimizer = MuonAdamW([weight], 0.1, 0.0)
    weight.grad = torch.randn(24, 40, 1, 1)
    optimizer.step()
    after_one = weight.detach().clone()
    weight.grad = torch.zeros(24, 40, 1, 1)
    optimizer.step()
    assert torch.allclose(weight.detach() - after_one, after_one, atol=1e-5)


def test_the_optimizer_descends_and_resumes() -> None:
    target = torch.randn(24, 40, 1, 1)

    def run(steps: int, resume_at: int | None = None) -> Tensor:
        weight = nn.Parameter(torch.zeros(24, 40, 1, 1))
        optimizer = MuonAdamW([weight], 0.1, 0.0)
        for step in range(steps):
            if step == resume_at:
                state = optimizer.state_dict()
                optimizer = MuonAdamW([weight], 0.1, 0.0)
                optimizer.load_state_dict(state)
            for group in optimizer.param_groups:
                group["lr"] = 0.1 * (1 - step / steps)
            optimizer.zero_grad()
            (weight - target).square().sum().backward()
            optimizer.step()
        return weight.detach()

    assert (run(300) - target).norm() < 0.2 * target.norm()
    assert torch.equal(run(20), run(20, resume_at=10))
