"""HRPE, the encoder-only network of SPIRE (arXiv 2604.05363): one resolution, one response map.

Two strided convolutions reduce the frame to a quarter of its size; all other layers keep this size.
The network has no further pooling and no decoder, so that targets of a few pixels are not lost.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from irpoint.methods.blocks.convolution import conv_bn, shuffle, stem


class Bottleneck(nn.Module):
    """ResNet bottleneck 64 → 64 → 64 → 256 with a projection shortcut."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *conv_bn(inputs, width, 1),
            nn.ReLU(inplace=True),
            *conv_bn(width, width, 3),
            nn.ReLU(inplace=True),
            *conv_bn(width, outputs, 1),
        )
        self.shortcut = nn.Sequential(*conv_bn(inputs, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.branch(x) + self.shortcut(x))


class ShuffleUnit(nn.Module):
    """ShuffleNet-v2 unit of stride 1: transforms half of the channels, then shuffles all."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(
            *conv_bn(half, half, 1),
            nn.ReLU(inplace=True),
            *conv_bn(half, half, 3, groups=half),
            *conv_bn(half, half, 1),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        kept, transformed = x.chunk(2, dim=1)
        return shuffle(torch.cat([kept, self.branch(transformed)], dim=1))


class SqueezeExcite(nn.Module):
    """Scales channels by weights computed from their global means; no biases."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.Conv2d(channels, channels // 4, 1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // 4, channels, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.weigh(x.mean((2, 3), keepdim=True))
        return x * weights


class ChannelWeighting(nn.Module):
    """One-scale conditional channel weighting (OCCW); ``local`` adds the 3×3 of LA-OCCW."""

    def __init__(self, channels: int, *, local: bool) -> None:
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(*conv_bn(half, half, 3, groups=half), SqueezeExcite(half))
        if local:
            self.branch.append(nn.Conv2d(half, half, 3, padding=1, groups=half, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        kept, weighted = x.chunk(2, dim=1)
        return shuffle(torch.cat([kept, self.branch(weighted)], dim=1))


class Stage(nn.Module):
    """OCCW, LA-OCCW and a shuffle unit.

    The published code fuses several branches. With a single branch, it adds the branch to itself.
    The resulting factor of two is kept, because published weights rely on it.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            ChannelWeighting(channels, local=False),
            ChannelWeighting(channels, local=True),
            ShuffleUnit(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(2 * self.blocks(x))


class HRPE(nn.Module):
    """High-resolution response encoder: frame (B, 3, H, W) → response map (B, 1, ⌈H/4⌉, ⌈W/4⌉).

    294,753 parameters; 4.837 GMAC for a 512² frame; receptive field 111 px. The response is linear
    and unbounded: about 1 at a target, about 0 elsewhere. Layers and their order are those of the
    paper, so that published weights can be imported (:mod:`irpoint.methods.spire.published`).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = stem()
        self.bottleneck = Bottleneck(64, 64, 256)
        self.units = nn.Sequential(*(ShuffleUnit(256) for _ in range(3)))
        self.transition = nn.Sequential(*conv_bn(256, 32, 3), nn.ReLU(inplace=True))
        self.stages = nn.Sequential(Stage(32), Stage(32))
        self.head = nn.Conv2d(32, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.units(self.bottleneck(self.stem(x)))
        response: Tensor = self.head(self.stages(self.transition(x)))
        return response
