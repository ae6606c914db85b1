"""HRPE rewritten for inference: the same function, without splits, shuffles and batch norms.

At a quarter of the frame, 256 channels wide, moving memory costs as much as arithmetic. Each of the
256 channels that leave the bottleneck is used once: by the transition, or by one of the three
shuffle units. So every producer emits the pieces that its consumers want, as tensors of their own,
and where a consumer expects interleaved channels, its weight columns are taken apart instead:

    bottleneck → c0 (32)  c1 (32)  c2 (64)  c3 (128)
    unit 1:  c3                          → n1 in pieces of 32, 32, 64
    unit 2:  c2 and n1[64:128]           → n2 in pieces of 64, 64
    unit 3:  c1, n1[32:64] and n2[64:]   → n3
    transition:  c0, n1[:32], n2[:64], n3
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from irpoint.methods.spire.network import HRPE, Stage


class DeployedHRPE(nn.Module):
    """Frame (B, 1, H, W), 0..1 as normalised → response (B, 1, ⌈H/4⌉, ⌈W/4⌉).

    Args:
        network: trained weights; left as they are.
        mean, deviation: per-channel normalisation of the RGB input that the network was trained on.
    """

    def __init__(
        self,
        network: HRPE,
        mean: tuple[float, float, float],
        deviation: tuple[float, float, float],
    ) -> None:
        super().__init__()
        self.mean = nn.Buffer(torch.tensor(mean).view(1, 3, 1, 1))
        self.deviation = nn.Buffer(torch.tensor(deviation).view(1, 3, 1, 1))
        if len(set(mean)) == len(set(deviation)) == 1:  # three equal channels: one does
            self.mean, self.deviation = self.mean[:, :1], self.deviation[:, :1]
        stem = _folded(network.stem)
        if self.mean.shape[1] == 1:
            stem[0] = _with_weight(stem[0], stem[0].weight.sum(dim=1, keepdim=True))
        self.stem = stem
        branch, shortcut = _folded(network.bottleneck.branch), _folded(network.bottleneck.shortcut)
        self.bottleneck = branch[:-1]
        self.last = nn.ModuleList(_rows(branch[-1], (32, 32, 64, 128)))
        self.shortcut = nn.ModuleList(_rows(shortcut[0], (32, 32, 64, 128)))
        one, two, three = (_folded(unit.branch) for unit in network.units)
        self.unit1, self.out1 = one[:-2], nn.ModuleList(_rows(one[-2], (32, 32, 64)))
        self.in2 = nn.ModuleList(_columns(two[0], [(0, 2), (1, 2)]))
        self.unit2, self.out2 = two[1:-2], nn.ModuleList(_rows(two[-2], (64, 64)))
        self.in3 = nn.ModuleList(_columns(three[0], [(0, 4), (2, 4), (1, 2)]))
        self.unit3 = three[1:]
        transition = _folded(network.transition)
        order = torch.cat([torch.arange(s, 256, n) for s, n in ((0, 8), (4, 8), (2, 4), (1, 2))])
        self.transition = _with_weight(transition[0], transition[0].weight[:, order])
        self.stages = nn.Sequential(*(_folded_stage(stage) for stage in network.stages))
        self.head = network.head

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem((image - self.mean) / self.deviation)
        wide = self.bottleneck(x)
        c0, c1, c2, c3 = (
            torch.relu(last(wide) + shortcut(x))
            for last, shortcut in zip(self.last, self.shortcut, strict=True)
        )
        x = self.unit1(c3)
        n1a, n1b, n1c = (torch.relu(out(x)) for out in self.out1)
        x = self.unit2(self.in2[0](c2) + self.in2[1](n1c))
        n2a, n2b = (torch.relu(out(x)) for out in self.out2)
        n3 = self.unit3(self.in3[0](c1) + self.in3[1](n1b) + self.in3[2](n2b))
        x = torch.relu(self.transition(torch.cat([c0, n1a, n2a, n3], dim=1)))
        response: Tensor = self.head(self.stages(x))
        return response


def _folded(layers: nn.Sequential) -> nn.Sequential:
    """The layers with every batch norm folded into the convolution before it."""
    folded: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d) and isinstance(folded[-1], nn.Conv2d):
            folded[-1] = fuse_conv_bn_eval(folded[-1], layer)
        else:
            folded.append(layer)
    return nn.Sequential(*folded)


def _folded_stage(stage: Stage) -> Stage:
    """A stage of the same shape as before; the factor of two of its fusion stays in ``forward``."""
    for block in stage.blocks:
        block.branch = _folded(block.branch)
    return stage


def _with_weight(
    convolution: nn.Conv2d, weight: Tensor, bias: Tensor | None | bool = True
) -> nn.Conv2d:
    """A copy of ``convolution`` with other weights; its own bias where ``bias`` is True."""
    chosen = convolution.bias if bias is True else bias
    copy = nn.Conv2d(
        weight.shape[1],
        weight.shape[0],
        convolution.kernel_size,  # type: ignore[arg-type]
        convolution.stride,  # type: ignore[arg-type]
        convolution.padding,  # type: ignore[arg-type]
        bias=isinstance(chosen, Tensor),
    )
    copy.weight = nn.Parameter(weight.detach().clone())
    if isinstance(chosen, Tensor):
        copy.bias = nn.Parameter(chosen.detach().clone())
    return copy


def _rows(convolution: nn.Conv2d, sizes: tuple[int, ...]) -> list[nn.Conv2d]:
    """The convolution in pieces, by output channel."""
    assert convolution.bias is not None
    weights, biases = convolution.weight.split(sizes), convolution.bias.split(sizes)
    return [_with_weight(convolution, w, b) for w, b in zip(weights, biases, strict=True)]


def _columns(convolution: nn.Conv2d, steps: list[tuple[int, int]]) -> list[nn.Conv2d]:
    """The convolution as a sum over pieces of its input, each (first, step) of the channels."""
    return [
        _with_weight(convolution, convolution.weight[:, first::step], None if index else True)
        for index, (first, step) in enumerate(steps)
    ]
