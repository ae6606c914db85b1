"""Number of parameters and multiply-adds of a network."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from irpoint.methods.blocks.odconv import ODConv


def parameters(network: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(p.numel() for p in network.parameters())


def gmac(network: nn.Module, side: int, channels: int = 3) -> float:
    """10⁹ multiply-adds of all convolutions for one frame of ``side`` × ``side`` pixels.

    Dynamic convolutions and their gates are included; the computation of their kernels is not. Only
    shapes are computed, on a copy of the network.
    """
    total = 0

    def add(convolution: nn.Module, _: Any, output: Tensor) -> None:
        nonlocal total
        weight = convolution.weight
        assert isinstance(weight, Tensor)
        kernel = weight[0, 0] if isinstance(convolution, ODConv) else weight[0]
        total += output.numel() * kernel.numel()

    shapes = copy.deepcopy(network).to("meta").eval()
    for module in shapes.modules():
        if isinstance(module, nn.Conv2d | ODConv):
            module.register_forward_hook(add)
    with torch.no_grad():
        shapes(torch.zeros(1, channels, side, side, device="meta"))
    return total / 1e9
