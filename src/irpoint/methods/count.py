"""Size and cost of a network, counted, not quoted."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from irpoint.methods.blocks.odconv import ODConv


def parameters(network: nn.Module) -> int:
    """Number of trainable values."""
    return sum(p.numel() for p in network.parameters())


def gmac(network: nn.Module, side: int, channels: int = 3) -> float:
    """10⁹ multiply-adds of the convolutions for one frame of ``side`` × ``side`` pixels.

    Those of a dynamic convolution and of its gates included; mixing its kernels is not.
    """
    total = 0

    def add(convolution: nn.Module, _: Any, output: Tensor) -> None:
        nonlocal total
        weight = convolution.weight
        assert isinstance(weight, Tensor)
        kernel = weight[0, 0] if isinstance(convolution, ODConv) else weight[0]
        total += output.numel() * kernel.numel()

    hooks = [
        module.register_forward_hook(add)
        for module in network.modules()
        if isinstance(module, nn.Conv2d | ODConv)
    ]
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            network(torch.zeros(1, channels, side, side))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return total / 1e9
