"""Shared blocks: dynamic convolution, attention, cascade, plain targets, the optimizer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from irpoint.decoding.peaks import decode
from irpoint.methods.blocks import gaussian as targets
from irpoint.methods.blocks.cascade import SteppedCascade
from irpoint.methods.blocks.convolution import enlarged
from irpoint.methods.blocks.coord_att import CoordAtt
from irpoint.methods.blocks.deployed import folded
from irpoint.methods.blocks.odconv import ODConv
from irpoint.training.optimizer import MuonAdamW, orthogonalised


@pytest.fixture(autouse=True)
def seeded(one_thread: None) -> None:
    torch.manual_seed(0)


VARIANTS = {
    "1x1": lambda: ODConv(32, 48, 1),
    "3x3": lambda: ODConv(32, 32, 3),
    "grouped": lambda: ODConv(32, 32, 3, groups=8, kernels=4),
    "strided": lambda: ODConv(16, 32, 3, stride=2, groups=4, kernels=2),
}
variants = pytest.mark.parametrize("make", VARIANTS.values(), ids=VARIANTS)


def by_the_book(layer: ODConv, x: Tensor) -> Tensor:
    """ODConv of one image as its paper writes it: gates on the maps, kernels summed one by one."""
    summary = layer.summary(x.mean((2, 3), keepdim=True))
    kernel = torch.zeros_like(layer.weight[0])
    shares = layer.mixture(summary).flatten().softmax(0) if layer.mixture else torch.ones(1)
    for share, candidate in zip(shares, layer.weight, strict=True):
        places = torch.sigmoid(layer.place(summary)).view(kernel.shape[2:]) if layer.place else 1.0
        kernel = kernel + share * places * candidate
    x = x * torch.sigmoid(layer.channel(summary))
    y = F.conv2d(x, kernel, None, layer.stride, kernel.shape[-1] // 2, 1, layer.groups)
    return y * torch.sigmoid(layer.filter(summary))


class TestODConv:
    @variants
    def test_is_the_convolution_of_the_paper(self, make) -> None:
        layer = make().eval()
        x = torch.randn(3, layer.weight.shape[2] * layer.groups, 13, 17)
        wanted = torch.cat([by_the_book(layer, image[None]) for image in x])
        assert torch.allclose(layer(x), wanted, atol=1e-5)

    @variants
    def test_batched_is_image_by_image(self, make) -> None:
        layer = make().eval()
        x = torch.randn(4, layer.weight.shape[2] * layer.groups, 12, 9)
        alone = torch.cat([layer(image[None]) for image in x])
        assert torch.allclose(layer(x), alone, atol=1e-5)

    @variants
    def test_kernels_differ_between_images(self, make) -> None:
        layer = make().eval()
        x = torch.randn(2, layer.weight.shape[2] * layer.groups, 8, 8) + torch.tensor(
            [0.0, 2.0]
        ).view(2, 1, 1, 1)
        one, two = layer.kernel_of(x)
        assert (one - two).abs().max() > 1e-3

    @variants
    def test_every_parameter_receives_a_gradient(self, make) -> None:
        layer = make()
        layer(torch.randn(4, layer.weight.shape[2] * layer.groups, 8, 8)).square().sum().backward()
        for name, parameter in layer.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name

    @variants
    def test_absorbs_the_batch_norm_behind_it(self, make) -> None:
        layer = make()
        outputs = layer.weight.shape[1]
        norm = nn.BatchNorm2d(outputs)
        nn.init.normal_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2.0)
        nn.init.uniform_(norm.weight, 0.5, 2.0)
        nn.init.normal_(norm.bias)
        pair = nn.Sequential(layer, norm).eval()
        x = torch.randn(2, layer.weight.shape[2] * layer.groups, 8, 8)
        with torch.no_grad():
            wanted = pair(x)
            (alone,) = folded(pair)
            assert torch.allclose(alone(x), wanted, atol=1e-4)


def test_coordinate_attention_is_one_weight_a_row_times_one_a_column() -> None:
    layer, x = CoordAtt(16).eval(), torch.rand(2, 16, 9, 14) + 0.5
    with torch.no_grad():
        ratio = layer(x) / x
    rows, columns = ratio[..., :1], ratio[..., :1, :]
    assert torch.allclose(ratio, rows * columns / ratio[..., :1, :1], atol=1e-5)
    assert (ratio > 0).all()
    assert (ratio < 1).all()
    with torch.no_grad():
        turned = layer.eval()(x.transpose(2, 3))
    assert turned.shape == (2, 16, 14, 9)


@pytest.mark.parametrize(
    "layer", [CoordAtt(16), ODConv(16, 16, 3, groups=4, kernels=4)], ids=["coord", "odconv"]
)
def test_blocks_run_equal_in_onnx_runtime_at_any_size(layer: nn.Module, tmp_path: Path) -> None:
    layer, file = layer.eval(), tmp_path / "block.onnx"
    torch.onnx.export(
        layer, (torch.rand(1, 16, 16, 24),), file, input_names=["x"], verbose=False,
        dynamic_shapes=({2: "height", 3: "width"},),
    )  # fmt: skip
    session = onnxruntime.InferenceSession(file)
    for height, width in ((16, 24), (7, 31), (40, 5)):
        x = torch.randn(1, 16, height, width)
        with torch.no_grad():
            wanted = layer(x).numpy()
        assert np.abs(session.run(None, {"x": x.numpy()})[0] - wanted).max() < 1e-5


def test_enlarged_lies_cell_on_cell() -> None:
    fine = torch.zeros(1, 1, 13, 21)
    coarse = torch.arange(4 * 6.0).view(1, 1, 4, 6)
    over = enlarged(coarse, 4, fine)
    assert over.shape == fine.shape
    for row, column in ((0, 0), (3, 3), (4, 20), (12, 8)):
        assert over[0, 0, row, column] == coarse[0, 0, row // 4, column // 4]


def test_the_cascade_carries_what_was_just_renewed() -> None:
    """Down the stair the first branch reaches the last within one step; up, the other way."""
    downs = [nn.MaxPool2d(2, ceil_mode=True), nn.MaxPool2d(2, ceil_mode=True)]
    cascade = SteppedCascade(downs, [nn.Identity(), nn.Identity()])
    flat = [torch.zeros(1, 1, 8 // 2**k, 8 // 2**k) for k in range(3)]
    one = [flat[0] + 1, flat[1], flat[2]]
    assert [float(x.max()) for x in cascade(one, down=True)] == [1, 1, 1]
    assert [float(x.max()) for x in cascade(one, down=False)] == [1, 0, 0]
    three = [flat[0], flat[1], flat[2] + 1]
    assert [float(x.max()) for x in cascade(three, down=False)] == [1, 1, 1]


# --- plain Gaussian targets


def test_gaussian_target_gives_labels_back_in_any_order() -> None:
    frame = np.zeros((96, 128), np.float32)
    labels = np.array([[20.3, 30.7], [61.0, 44.5], [72.9, 46.1], [0.0, 95.0], [127.0, 0.0]])
    target = targets.gaussian(frame, labels, 1.5)
    assert np.array_equal(target, targets.gaussian(frame, labels[::-1], 1.5))
    found = decode(target, 0.5).xy
    gaps = np.linalg.norm(found[:, None] - labels[None], axis=2)
    assert len(found) == len(labels)
    assert gaps.min(axis=0).max() < 0.6  # a neighbour three cells away pulls a little
    assert gaps.min(axis=0)[0] < 0.01


def test_quantised_target_loses_the_place_within_the_cell() -> None:
    frame = np.zeros((64, 64), np.float32)
    for x in (30.0, 30.9, 31.4):
        found = decode(targets.quantised_gaussian(frame, np.array([[x, 33.0]]), 1.5), 0.5).xy
        assert found == pytest.approx(np.array([[29.5, 33.5]]), abs=0.01)


def test_averaged_target_depends_on_the_order_of_neighbours() -> None:
    frame, labels = np.zeros((64, 64), np.float32), np.array([[24.0, 30], [38, 30], [31, 34]])
    one, two = (targets.averaged_gaussian(frame, x, 1.5) for x in (labels, labels[::-1]))
    assert np.abs(one - two).max() > 0.1


def test_published_gaussian_is_quantised_averaged_and_two_cells_wide() -> None:
    frame, label = np.zeros((64, 64), np.float32), np.array([[30.9, 33.0]])
    published = targets.published_gaussian(frame, label, 1.0)
    assert np.array_equal(published, targets.quantised_gaussian(frame, label, 2.0))


# --- the optimizer


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


def test_muon_goes_on_in_the_mean_direction_of_the_steps_before() -> None:
    weight = nn.Parameter(torch.zeros(24, 40, 1, 1))
    optimizer = MuonAdamW([weight], 0.1, 0.0)
    weight.grad = torch.randn(24, 40, 1, 1)
    optimizer.step()
    after_one = weight.detach().clone()
    weight.grad = torch.zeros(24, 40, 1, 1)
    optimizer.step()
    assert torch.allclose(weight.detach() - after_one, after_one, atol=1e-5)


def test_optimizer_goes_downhill_and_resumes_where_it_was() -> None:
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
