"""glint prepared for inference: batch norms and shortcuts become part of the kernels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from irpoint.methods.blocks.deployed import Channels, Deployed, as_convolution
from irpoint.methods.glint.network import Glint, Residual


class DeployedGlint(Deployed):
    """Frame (B, 1, H, W) in 0..1 → response (B, 1, ⌈H/4⌉, ⌈W/4⌉).

    Args:
        network: trained network in evaluation mode. It is modified, so pass a copy.
        mean, deviation: statistics per channel that the network was trained with.
    """

    def __init__(self, network: Glint, mean: Channels, deviation: Channels) -> None:
        super().__init__(network, mean, deviation)
        _merge_shortcuts(self.network)


def _merge_shortcuts(network: nn.Module) -> None:
    """Replace every residual layer, whose batch norm is fused, by one convolution and a ReLU."""
    for name, child in network.named_children():
        if isinstance(child, Residual):
            merged = with_shortcut(as_convolution(child.branch[0]))
            setattr(network, name, nn.Sequential(merged, nn.ReLU(inplace=True)))
        else:
            _merge_shortcuts(child)


@torch.no_grad()
def with_shortcut(convolution: nn.Conv2d) -> nn.Conv2d:
    """The convolution plus its input: 1 is added where the kernel reads a channel's own cell.

    The convolution is modified in place; its kernel has odd sides and as many outputs as inputs.
    """
    weight = convolution.weight
    own: Tensor = nn.init.dirac_(torch.empty_like(weight))
    weight += own
    return convolution
