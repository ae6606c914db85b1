"""Blocks that the methods share: dynamic convolution, attention, cascade, Gaussian maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from irpoint.decoding.peaks import decode
from irpoint.methods.blocks import gaussian as maps
from irpoint.methods.blocks.cascade import SteppedCascade
from irpoint.methods.blocks.convolution import enlarged
from irpoint.methods.blocks.coord_att import CoordAtt
from irpoint.methods.blocks.deployed import fused
from irpoint.methods.blocks.odconv import ODConv


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
    """ODConv of one image as in its paper: gates scale the maps, kernels are summed one by one."""
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
    def test_fuses_the_batch_norm_behind_it(self, make) -> None:
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
            (alone,) = fused(pair)
            assert torch.allclose(alone(x), wanted, atol=1e-4)


def test_coordinate_attention_is_a_weight_per_row_times_a_weight_per_column() -> None:
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


def test_enlarged_cells_lie_over_their_coarse_cell() -> None:
    fine = torch.zeros(1, 1, 13, 21)
    coarse = torch.arange(4 * 6.0).view(1, 1, 4, 6)
    over = enlarged(coarse, 4, fine)
    assert over.shape == fine.shape
    for row, column in ((0, 0), (3, 3), (4, 20), (12, 8)):
        assert over[0, 0, row, column] == coarse[0, 0, row // 4, column // 4]


def test_each_step_of_the_cascade_carries_the_step_before() -> None:
    """Downwards the first branch reaches the last within one pass; upwards, the reverse."""
    downs = [nn.MaxPool2d(2, ceil_mode=True), nn.MaxPool2d(2, ceil_mode=True)]
    cascade = SteppedCascade(downs, [nn.Identity(), nn.Identity()])
    flat = [torch.zeros(1, 1, 8 // 2**k, 8 // 2**k) for k in range(3)]
    one = [flat[0] + 1, flat[1], flat[2]]
    assert [float(x.max()) for x in cascade(one, down=True)] == [1, 1, 1]
    assert [float(x.max()) for x in cascade(one, down=False)] == [1, 0, 0]
    three = [flat[0], flat[1], flat[2] + 1]
    assert [float(x.max()) for x in cascade(three, down=False)] == [1, 1, 1]


# --- Gaussian target maps


def test_the_decoder_reads_labels_back_from_a_gaussian_map_in_any_order() -> None:
    frame = np.zeros((96, 128), np.float32)
    labels = np.array([[20.3, 30.7], [61.0, 44.5], [72.9, 46.1], [0.0, 95.0], [127.0, 0.0]])
    target = maps.gaussian(frame, labels, 1.5)
    assert np.array_equal(target, maps.gaussian(frame, labels[::-1], 1.5))
    found = decode(target, 0.5).xy
    gaps = np.linalg.norm(found[:, None] - labels[None], axis=2)
    assert len(found) == len(labels)
    assert gaps.min(axis=0).max() < 0.6  # a neighbour three cells away pulls a little
    assert gaps.min(axis=0)[0] < 0.01


def test_a_quantised_map_loses_the_position_within_the_cell() -> None:
    frame = np.zeros((64, 64), np.float32)
    for x in (30.0, 30.9, 31.4):
        found = decode(maps.quantised_gaussian(frame, np.array([[x, 33.0]]), 1.5), 0.5).xy
        assert found == pytest.approx(np.array([[29.5, 33.5]]), abs=0.01)


def test_an_averaged_map_depends_on_the_order_of_neighbours() -> None:
    frame, labels = np.zeros((64, 64), np.float32), np.array([[24.0, 30], [38, 30], [31, 34]])
    one, two = (maps.averaged_gaussian(frame, x, 1.5) for x in (labels, labels[::-1]))
    assert np.abs(one - two).max() > 0.1


def test_published_gaussian_is_quantised_averaged_and_two_cells_wide() -> None:
    frame, label = np.zeros((64, 64), np.float32), np.array([[30.9, 33.0]])
    published = maps.published_gaussian(frame, label, 1.0)
    assert np.array_equal(published, maps.quantised_gaussian(frame, label, 2.0))
