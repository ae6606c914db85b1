"""Convolution with batch normalisation, and small operations that the networks share."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


def conv_bn(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Bias-free "same" convolution and its batch normalisation."""
    convolution = nn.Conv2d(
        inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False
    )
    return [convolution, nn.BatchNorm2d(outputs)]


def stem(outputs: int = 64) -> nn.Sequential:
    """Two strided 3×3 convolutions: frame (B, 3, H, W) → (B, outputs, ⌈H/4⌉, ⌈W/4⌉)."""
    return nn.Sequential(
        *conv_bn(3, outputs, 3, stride=2),
        nn.ReLU(inplace=True),
        *conv_bn(outputs, outputs, 3, stride=2),
        nn.ReLU(inplace=True),
    )


def shuffle(x: Tensor) -> Tensor:
    """Interleave the two halves of the channels: (a0, a1, …, b0, b1, …) → (a0, b0, a1, b1, …)."""
    batch, channels, height, width = x.shape
    return x.view(batch, 2, channels // 2, height, width).transpose(1, 2).reshape(x.shape)


def enlarged(x: Tensor, factor: int, like: Tensor) -> Tensor:
    """Repeat every cell ``factor`` times per axis, cropped to the size of ``like``.

    A strided convolution reduces n cells to ⌈n/2⌉, so the repeated map may be too large. After the
    crop, cell i of the fine map corresponds to cell ⌊i/factor⌋ of the coarse one.
    """
    height, width = like.shape[-2:]
    repeated = F.interpolate(x, scale_factor=factor, mode="nearest")
    return repeated[..., :height, :width]
