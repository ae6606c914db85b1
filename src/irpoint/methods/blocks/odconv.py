"""Omni-dimensional dynamic convolution: the kernel depends on the image (ICLR 2022)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ODConv(nn.Module):
    """A "same" convolution whose kernel depends on the image.

    The channel means of the image control four gates: a weight per input channel, per output
    channel and per kernel position, and the mixture of several candidate kernels. All gates scale
    the *kernel*, not the feature maps, so an image costs one small tensor product and one
    convolution. A batch is one grouped convolution, in which each image is a group.

    The batch norm of the gates sees one value per image and channel, so training needs batches of
    two or more.

    Args:
        inputs, outputs: channels, multiples of ``groups``.
        kernel: side of the kernel; with 1 there is no gate over kernel positions.
        stride: stride of the convolution.
        groups: groups of channels, as in any grouped convolution.
        kernels: number of candidate kernels; with 1 there is no mixture.
    """

    bias: Tensor | None

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        kernels: int = 1,
    ) -> None:
        super().__init__()
        self.stride, self.groups = stride, groups
        hidden = max(inputs // 16, 16)
        self.weight = nn.Parameter(torch.empty(kernels, outputs, inputs // groups, kernel, kernel))
        for candidate in self.weight:
            nn.init.kaiming_normal_(candidate, mode="fan_out", nonlinearity="relu")
        self.summary = nn.Sequential(
            nn.Conv2d(inputs, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU(inplace=True)
        )
        self.channel = _gate(hidden, inputs)
        self.filter = _gate(hidden, outputs)
        self.place = _gate(hidden, kernel * kernel) if kernel > 1 else None
        self.mixture = _gate(hidden, kernels) if kernels > 1 else None
        self.register_buffer("bias", None)

    def kernel_of(self, x: Tensor) -> Tensor:
        """Kernel of each image: (B, C, H, W) → (B, outputs, inputs/groups, k, k)."""
        _, outputs, inner, side, _ = self.weight.shape
        batch, groups = x.shape[0], self.groups
        summary = self.summary(x.mean((2, 3), keepdim=True))
        kernel: Tensor = self.weight
        if self.mixture is not None:
            shares = self.mixture(summary).flatten(1).softmax(dim=1)
            kernel = (shares @ self.weight.flatten(1)).view(batch, outputs, inner, side, side)
        if self.place is not None:
            kernel = kernel * torch.sigmoid(self.place(summary)).view(batch, 1, 1, side, side)
        kernel = kernel * torch.sigmoid(self.filter(summary)).view(batch, outputs, 1, 1, 1)
        channel = torch.sigmoid(self.channel(summary)).view(batch, groups, 1, inner, 1, 1)
        grouped = kernel.view(batch, groups, outputs // groups, inner, side, side) * channel
        return grouped.view(batch, outputs, inner, side, side)

    @torch.no_grad()
    def absorb(self, norm: nn.BatchNorm2d) -> None:
        """Fuse the batch norm that follows this layer, in evaluation mode."""
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        self.weight.mul_(scale.view(1, -1, 1, 1, 1))
        self.bias = norm.bias - norm.running_mean * scale

    def forward(self, x: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        kernel, padding = self.kernel_of(x), self.weight.shape[-1] // 2
        if batch == 1:  # without views, which would make runtimes convert the memory layout twice
            one = kernel[0].to(x.dtype)
            return F.conv2d(x, one, self.bias, self.stride, padding, 1, self.groups)
        y = F.conv2d(
            x.reshape(1, -1, height, width),
            kernel.flatten(0, 1).to(x.dtype),
            None if self.bias is None else self.bias.repeat(batch),
            self.stride,
            padding,
            1,
            batch * self.groups,
        )
        return y.view(batch, kernel.shape[1], *y.shape[2:])


def _gate(hidden: int, outputs: int) -> nn.Conv2d:
    gate = nn.Conv2d(hidden, outputs, 1)
    nn.init.kaiming_normal_(gate.weight, mode="fan_out", nonlinearity="relu")
    assert gate.bias is not None
    nn.init.zeros_(gate.bias)
    return gate
