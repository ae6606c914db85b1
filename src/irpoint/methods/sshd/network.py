"""SSHD-Net (arXiv 2408.01976): four resolutions in parallel, the finest from end to end.

A target of two pixels vanishes after two poolings, but it can be distinguished from clutter only by
the scene around it. Therefore one branch keeps a quarter of the frame's resolution from end to end.
Coarser branches, each with half the resolution and twice the channels of the one before, provide
context.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from irpoint.methods.blocks.cascade import SteppedCascade
from irpoint.methods.blocks.convolution import conv_bn, enlarged, stem
from irpoint.methods.blocks.coord_att import CoordAtt
from irpoint.methods.blocks.odconv import ODConv

_RESIDUALS = 4  # residual units per branch in each unit


class Bottleneck(nn.Module):
    """ResNet bottleneck inputs → 64 → 64 → 256; ``dynamic`` makes its convolutions ODConvs."""

    def __init__(self, inputs: int, *, dynamic: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i, o, kernel in ((inputs, 64, 1), (64, 64, 3), (64, 256, 1)):
            layers += [*_conv(i, o, kernel, dynamic=dynamic), nn.ReLU(inplace=True)]
        self.branch = nn.Sequential(*layers[:-1])
        self.shortcut = nn.Sequential(*(conv_bn(inputs, 256, 1) if inputs != 256 else []))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.branch(x) + self.shortcut(x))


class Residual(nn.Module):
    """Two 3×3 convolutions with a shortcut; ``dynamic`` makes both ODConvs."""

    def __init__(self, width: int, *, dynamic: bool = False) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *_conv(width, width, 3, dynamic=dynamic),
            nn.ReLU(inplace=True),
            *_conv(width, width, 3, dynamic=dynamic),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.branch(x))


def _conv(inputs: int, outputs: int, kernel: int, *, dynamic: bool) -> list[nn.Module]:
    if dynamic:
        return [ODConv(inputs, outputs, kernel), nn.BatchNorm2d(outputs)]
    return conv_bn(inputs, outputs, kernel)


class Fusion(nn.Module):
    """Adds all other branches to every branch, converted to its resolution and width.

    Coarser branches pass a 1×1 convolution and are enlarged; finer ones pass a chain of strided
    3×3 convolutions.

    Args:
        widths: channels of the branches, the finest first.
        outputs: number of branches that are computed, the finest first.
    """

    def __init__(self, widths: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.paths = nn.ModuleList(
            nn.ModuleList(_path(widths, source, target) for source in range(len(widths)))
            for target in range(outputs)
        )

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        fused = []
        for target, paths in enumerate(self.paths):
            assert isinstance(paths, nn.ModuleList)
            like = branches[target]
            total = like
            for source, path in enumerate(paths):
                if source > target:
                    total = total + enlarged(path(branches[source]), 2 ** (source - target), like)
                elif source < target:
                    total = total + path(branches[source])
            fused.append(torch.relu(total))
        return fused


def _path(widths: Sequence[int], source: int, target: int) -> nn.Module:
    if source >= target:
        same = source == target
        return nn.Identity() if same else nn.Sequential(*conv_bn(widths[source], widths[target], 1))
    layers: list[nn.Module] = []
    for _ in range(target - source - 1):
        layers += [*conv_bn(widths[source], widths[source], 3, stride=2), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, *conv_bn(widths[source], widths[target], 3, stride=2))


class Unit(nn.Module):
    """Four residual units on every branch, then a fusion of all branches.

    Args:
        widths: channels of the branches, the finest first.
        dynamic: use ODConv in the first residual unit of each branch (the "OD unit" of DCFM).
        outputs: number of branches after the fusion; None for all.
    """

    def __init__(
        self, widths: Sequence[int], *, dynamic: bool = False, outputs: int | None = None
    ) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(Residual(w, dynamic=dynamic and n == 0) for n in range(_RESIDUALS)))
            for w in widths
        )
        self.fusion = Fusion(widths, len(widths) if outputs is None else outputs)

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        worked = [branch(x) for branch, x in zip(self.branches, branches, strict=True)]
        fused: list[Tensor] = self.fusion(worked)
        return fused


class HCEM(Unit):
    """High-resolution cross-feature extraction: a unit whose branches exchange features throughout.

    The stepped cascade follows each of the four residual levels: downwards after the first and
    third, upwards after the second and fourth.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__(widths)
        pairs = list(pairwise(widths))
        self.cascade = SteppedCascade(
            [nn.Sequential(*conv_bn(fine, coarse, 3, stride=2)) for fine, coarse in pairs],
            [nn.Sequential(*conv_bn(coarse, fine, 1)) for fine, coarse in pairs],
        )

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        for level in range(_RESIDUALS):
            worked = []
            for branch, x in zip(self.branches, branches, strict=True):
                assert isinstance(branch, nn.Sequential)
                worked.append(branch[level](x))
            branches = self.cascade(worked, down=level % 2 == 0)
        fused: list[Tensor] = self.fusion(branches)
        return fused


class SSHDNet(nn.Module):
    """Frame (B, 3, H, W) → response map (B, 1, ⌈H/4⌉, ⌈W/4⌉), linear.

    28,735,256 parameters and 41.10 GMAC for a 512² frame at the published width of 32.

    Args:
        width: channels of the finest branch; coarser ones have 2, 4 and 8 times as many. The
            shipped model has width 8.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        w = [width, 2 * width, 4 * width, 8 * width]
        self.stem = stem()
        self.layer1 = nn.Sequential(
            Bottleneck(64), Bottleneck(256), Bottleneck(256), Bottleneck(256, dynamic=True)
        )
        self.split1 = nn.Sequential(*conv_bn(256, w[0], 3), nn.ReLU(inplace=True))
        self.split2 = _coarser(256, w[1])
        self.stage2 = Unit(w[:2])
        self.attention2 = CoordAtt(w[0])
        self.split3 = _coarser(w[1], w[2])
        # Plain, HCEM, plain, and DCFM-I: an OD unit followed by attention.
        self.stage3 = nn.Sequential(
            Unit(w[:3]), HCEM(w[:3]), Unit(w[:3]), Unit(w[:3], dynamic=True)
        )
        self.attention3 = nn.ModuleList([CoordAtt(w[0]), CoordAtt(w[1])])
        self.split4 = _coarser(w[2], w[3])
        # HMRM, then DCFM-II, of which only the finest branch is used.
        self.stage4 = nn.Sequential(Unit(w), Unit(w), Unit(w, dynamic=True, outputs=1))
        self.attention4 = CoordAtt(w[0])
        self.head = nn.Conv2d(w[0], 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer1(self.stem(x))
        one, two = self.stage2([self.split1(x), self.split2(x)])
        one, two, three = self.stage3([self.attention2(one), two, self.split3(two)])
        weigh1, weigh2 = self.attention3
        (one,) = self.stage4([weigh1(one), weigh2(two), three, self.split4(three)])
        response: Tensor = self.head(self.attention4(one))
        return response


def _coarser(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(*conv_bn(inputs, outputs, 3, stride=2), nn.ReLU(inplace=True))
