"""P2P-Lite: three resolutions, dynamic kernels, 0.24 M parameters.

Only the abstract of the paper (Acta Photonica Sinica 55(2) 0210002) is public. The three modules
are reconstructed from it, such that the number of parameters and the cost agree with the abstract.
The README of the method marks what is documented and what is reconstructed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise

import torch
from torch import Tensor, nn

from irpoint.methods.blocks.cascade import SteppedCascade
from irpoint.methods.blocks.convolution import conv_bn, enlarged, shuffle, stem
from irpoint.methods.blocks.coord_att import CoordAtt
from irpoint.methods.blocks.odconv import ODConv

_GROUP = 4  # channels per group of the dynamic convolution
_KERNELS = 4  # candidate kernels that it mixes


class AFD(nn.Module):
    """Asymmetric full-dimensional dynamic unit: transforms half of the channels dynamically.

    A ShuffleNet-v2 unit whose depthwise convolution is an ODConv with all four gates. Its groups
    have four channels, so that the gates of input and output channels differ, and it mixes four
    kernels. It is asymmetric, because the gates apply to one half of the channels only.

    Args:
        inputs, outputs: channels; equal at stride 1.
        stride: 1, or 2 to halve the resolution. At 2, plain convolutions transform the other half.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        half = outputs // 2
        self.plain = nn.Sequential()
        if stride > 1:
            self.plain = nn.Sequential(
                *conv_bn(inputs, inputs, 3, stride=stride, groups=inputs),
                *conv_bn(inputs, half, 1),
                nn.ReLU(inplace=True),
            )
        self.dynamic = nn.Sequential(
            *conv_bn(half if stride == 1 else inputs, half, 1),
            nn.ReLU(inplace=True),
            ODConv(half, half, 3, stride=stride, groups=half // _GROUP, kernels=_KERNELS),
            nn.BatchNorm2d(half),
            *conv_bn(half, half, 1),
            nn.ReLU(inplace=True),
        )
        self.splits = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        kept, convolved = x.chunk(2, dim=1) if self.splits else (x, x)
        return shuffle(torch.cat([self.plain(kept), self.dynamic(convolved)], dim=1))


class DynamicFusion(nn.Module):
    """Sum of all branches at the finest resolution, with weights that depend on the image.

    For each channel the weights of the branches add up to their number, so that equal weights give
    a plain sum.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        finest, *coarser = widths
        narrow = max(8, finest // 4)
        self.align = nn.ModuleList(nn.Sequential(*conv_bn(w, finest, 1)) for w in coarser)
        self.weigh = nn.Sequential(
            nn.Conv2d(finest, narrow, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(narrow, len(widths) * finest, 1),
        )

    def forward(self, branches: list[Tensor]) -> Tensor:
        fine = branches[0]
        aligned = [fine]
        for level, (align, x) in enumerate(zip(self.align, branches[1:], strict=True), start=1):
            aligned.append(enlarged(align(x), 2**level, fine))
        # Summed one by one, because stacking the branches would move too much memory.
        summary = total([source.mean((2, 3), keepdim=True) for source in aligned])
        weights = self.weigh(summary).view(-1, len(aligned), fine.shape[1], 1, 1).softmax(dim=1)
        weighted = [len(aligned) * weights[:, i] * x for i, x in enumerate(aligned)]
        return torch.relu(total(weighted))


def total(parts: Sequence[Tensor]) -> Tensor:
    """Sum of tensors of one shape."""
    return reduce(torch.add, parts)


class HCFE(nn.Module):
    """High-resolution cross-feature enhancement: two levels of units, then the dynamic fusion.

    The stepped cascade follows each level: downwards after the first, upwards after the second.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        pairs = list(pairwise(widths))
        self.levels = nn.ModuleList(nn.ModuleList(AFD(w, w) for w in widths) for _ in range(2))
        self.cascade = SteppedCascade(
            [
                nn.Sequential(
                    *conv_bn(fine, fine, 3, stride=2, groups=fine), *conv_bn(fine, coarse, 1)
                )
                for fine, coarse in pairs
            ],
            [nn.Sequential(*conv_bn(coarse, fine, 1)) for fine, coarse in pairs],
        )
        self.fusion = DynamicFusion(widths)

    def forward(self, branches: list[Tensor]) -> Tensor:
        for number, level in enumerate(self.levels):
            assert isinstance(level, nn.ModuleList)
            worked = [unit(x) for unit, x in zip(level, branches, strict=True)]
            branches = self.cascade(worked, down=number % 2 == 0)
        fused: Tensor = self.fusion(branches)
        return fused


class P2PLite(nn.Module):
    """Frame (B, 3, H, W) → response map (B, 1, ⌈H/4⌉, ⌈W/4⌉), linear.

    239,226 parameters and 1.516 GMAC for a 512² frame.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = (32, 64, 128)
        self.stem = stem()
        self.layer1 = nn.Sequential(*(AFD(64, 64) for _ in range(5)))
        self.lift1 = nn.Sequential(*conv_bn(64, 32, 3), nn.ReLU(inplace=True))
        self.lift2 = AFD(64, 64, stride=2)
        self.lift3 = AFD(64, 128, stride=2)
        self.enhancement = HCFE(widths)
        self.attention = CoordAtt(32)
        self.head = nn.Sequential(  # adaptive point regression head
            *conv_bn(32, 32, 3, groups=32),
            *conv_bn(32, 32, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(32, 1, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer1(self.stem(x))
        two = self.lift2(x)
        fused = self.enhancement([self.lift1(x), two, self.lift3(two)])
        response: Tensor = self.head(self.attention(fused))
        return response
