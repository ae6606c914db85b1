"""glint: three resolutions one inside the other, of dense convolutions only.

Every layer is a convolution of fixed weights with a ReLU behind it, which CPUs compute near their
peak. No layer pools over the frame, so the response to a target depends on the pixels around it
alone, and tiles give the response of the whole frame.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from irpoint.decoding import STRIDE
from irpoint.methods.blocks.convolution import conv_bn

COARSEST = 16
"""Network pixels per cell of the coarsest layers."""

HALO = 80
"""Network pixels around a cell that influence its response, rounded up; a test computes them."""


class Residual(nn.Module):
    """A 3×3 convolution that learns what to add to its input: x → ReLU(x + convolution of x).

    For inference, the input becomes part of the kernel, so that nothing is added.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(*conv_bn(channels, channels, 3))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.branch(x))


class Glint(nn.Module):
    """Frame (B, 3, H, W) → response map (B, 1, ⌈H/4⌉, ⌈W/4⌉), linear.

    Layers that halve the resolution have kernels of 4 or 2 pixels, so that a cell lies over the
    middle of the pixels it summarises, and the network treats left and right alike.

    Args:
        width: channels at stride 4; the layers at strides 8 and 16 have twice as many.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        wide = 2 * width
        self.stem = nn.Sequential(
            *_halving(3, width // 2, kernel=4),
            *_halving(width // 2, width),
        )
        self.fine = Residual(width)
        self.to_middle = nn.Sequential(*_halving(width, wide))
        self.middle = nn.Sequential(Residual(wide), Residual(wide))
        self.to_coarse = nn.Sequential(*_halving(wide, wide))
        self.coarse = nn.Sequential(Residual(wide), Residual(wide))
        self.from_coarse = nn.Sequential(*conv_bn(wide, wide, 1))
        self.joined_middle = Residual(wide)
        self.from_middle = nn.Sequential(*conv_bn(wide, width, 1))
        self.joined_fine = Residual(width)
        self.head = nn.Conv2d(width, 1, 1)
        with torch.no_grad():  # most of a target map is 0: begin near it, not by unlearning noise
            for parameter in self.head.parameters():
                parameter.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        # Whole cells at every resolution, so that no map needs to be cropped in between.
        x = F.pad(x, (0, _up_to(COARSEST, width) - width, 0, _up_to(COARSEST, height) - height))
        fine = self.fine(self.stem(x))
        middle = self.middle(self.to_middle(fine))
        coarse = self.coarse(self.to_coarse(middle))
        middle = self.joined_middle(torch.relu(middle + _doubled(self.from_coarse(coarse))))
        fine = self.joined_fine(torch.relu(fine + _doubled(self.from_middle(middle))))
        response: Tensor = self.head(fine)
        return response[..., : _up_to(STRIDE, height) // STRIDE, : _up_to(STRIDE, width) // STRIDE]


def _up_to(multiple: int, side: int) -> int:
    """The next multiple. Without negative numbers, which exported graphs divide differently."""
    return (side + multiple - 1) // multiple * multiple


def _halving(inputs: int, outputs: int, kernel: int = 2) -> list[nn.Module]:
    """Convolution of stride 2 with an even kernel, batch norm, ReLU."""
    convolution = nn.Conv2d(inputs, outputs, kernel, 2, padding=kernel // 2 - 1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


def _doubled(x: Tensor) -> Tensor:
    """Every cell repeated twice per axis."""
    return F.interpolate(x, scale_factor=2, mode="nearest")
