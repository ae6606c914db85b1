"""Size and cost of a network, counted, not quoted."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def parameters(network: nn.Module) -> int:
    """Number of trainable values."""
    return sum(p.numel() for p in network.parameters())


def gmac(network: nn.Module, side: int, channels: int = 3) -> float:
    """10⁹ multiply-adds of the convolutions for one frame of ``side`` × ``side`` pixels."""
    total = 0

    def add(convolution: nn.Module, _: Any, output: Tensor) -> None:
        nonlocal total
        assert isinstance(convolution, nn.Conv2d)
        total += output.numel() * convolution.weight[0].numel()

    hooks = [
        module.register_forward_hook(add)
        for module in network.modules()
        if isinstance(module, nn.Conv2d)
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
