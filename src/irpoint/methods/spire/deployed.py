"""HRPE rewritten for inference: the same function without splits, shuffles and batch norms.

At a quarter of the frame size with 256 channels, moving data takes as much time as computing. Each
of the 256 output channels of the bottleneck is used once: by the transition or by one of the three
shuffle units. Therefore every layer returns separate tensors, one for each layer that uses them. If
such a layer expects interleaved channels, the columns of its weights are reordered instead:

    bottleneck → c0 (32)  c1 (32)  c2 (64)  c3 (128)
    unit 1:  c3                          → n1 in parts of 32, 32, 64
    unit 2:  c2 and n1[64:128]           → n2 in parts of 64, 64
    unit 3:  c1, n1[32:64] and n2[64:]   → n3
    transition:  c0, n1[:32], n2[:64], n3
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from irpoint.methods.blocks.deployed import (
    Channels,
    NormalisedInput,
    as_convolution,
    fused,
    with_weight,
)
from irpoint.methods.spire.network import HRPE, ChannelWeighting, ShuffleUnit


class DeployedHRPE(NormalisedInput):
    """Frame (B, 1, H, W) in 0..1 → response (B, 1, ⌈H/4⌉, ⌈W/4⌉).

    Args:
        network: trained network in evaluation mode. It is modified, so pass a copy.
        mean, deviation: statistics per channel that the network was trained with.
    """

    def __init__(self, network: HRPE, mean: Channels, deviation: Channels) -> None:
        super().__init__(mean, deviation)
        self.stem = nn.Sequential(*fused(network.stem))
        self.merge_input_channels(self.stem)
        *narrow, last = fused(network.bottleneck.branch)
        self.bottleneck = nn.Sequential(*narrow)
        self.last = _rows(last, [32, 32, 64, 128])
        self.shortcut = _rows(fused(network.bottleneck.shortcut)[0], [32, 32, 64, 128])
        one, two, three = (fused(_branch(unit)) for unit in network.units)
        self.unit1, self.out1 = nn.Sequential(*one[:-2]), _rows(one[-2], [32, 32, 64])
        self.in2 = _columns(two[0], [(0, 2), (1, 2)])
        self.unit2, self.out2 = nn.Sequential(*two[1:-2]), _rows(two[-2], [64, 64])
        self.in3 = _columns(three[0], [(0, 4), (2, 4), (1, 2)])
        self.unit3 = nn.Sequential(*three[1:])
        transition = as_convolution(fused(network.transition)[0])
        order = torch.cat([torch.arange(s, 256, n) for s, n in ((0, 8), (4, 8), (2, 4), (1, 2))])
        self.transition = with_weight(transition, transition.weight[:, order], transition.bias)
        self.stages = network.stages
        for layer in self.stages.modules():
            if isinstance(layer, ShuffleUnit | ChannelWeighting):
                layer.branch = nn.Sequential(*fused(layer.branch))
        self.head = network.head

    def forward(self, image: Tensor) -> Tensor:
        x = self.stem(self.normalised(image))
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


def _branch(unit: nn.Module) -> nn.Sequential:
    assert isinstance(unit, ShuffleUnit)
    return unit.branch


def _rows(layer: nn.Module, sizes: list[int]) -> nn.ModuleList:
    """A convolution split into several by its output channels."""
    full = as_convolution(layer)
    assert full.bias is not None
    parts = zip(torch.split(full.weight, sizes), torch.split(full.bias, sizes), strict=True)
    return nn.ModuleList(with_weight(full, weight, bias) for weight, bias in parts)


def _columns(layer: nn.Module, steps: list[tuple[int, int]]) -> nn.ModuleList:
    """A convolution split by its input channels, each part (first, step)."""
    full = as_convolution(layer)
    return nn.ModuleList(
        with_weight(full, full.weight[:, first::step], None if index else full.bias)
        for index, (first, step) in enumerate(steps)
    )
