"""Networks made ready to run: frames in counts, one input channel, no batch norms."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from irpoint.frames.levels import CLIP
from irpoint.methods.blocks.odconv import ODConv

Channels = tuple[float, float, float]


class Deployed(nn.Module):
    """Frame (B, 1, H, W), 0..1 as normalised → response of a network (B, 1, h, w).

    Args:
        network: trained network in evaluation mode, whose ``stem[0]`` takes the frame; taken
            apart, so hand in a copy.
        mean, deviation: per-channel normalisation of the RGB input that it was trained on.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, network: nn.Module, mean: Channels, deviation: Channels) -> None:
        super().__init__()
        one_channel = len(set(mean)) == len(set(deviation)) == 1  # three equal ones: one does
        channels = 1 if one_channel else 3
        self.register_buffer("mean", torch.tensor(mean[:channels]).view(1, -1, 1, 1))
        self.register_buffer("deviation", torch.tensor(deviation[:channels]).view(1, -1, 1, 1))
        self.network = fold(network)
        stem = self.network.get_submodule("stem")
        assert isinstance(stem, nn.Sequential)
        if one_channel:
            first = convolution(stem[0])
            stem[0] = with_weight(first, first.weight.sum(dim=1, keepdim=True), first.bias)

    def forward(self, image: Tensor) -> Tensor:
        response: Tensor = self.network((image - self.mean) / self.deviation)
        return response


class FromCounts(nn.Module):
    """Frame (B, 1, H, W) in counts and levels (B, 2) → response (B, 1, h, w) and its peaks.

    Args:
        deployed: takes frames with ``low`` at 0 and ``high`` at 1.
        peaks: response (B, 1, h, w) → (B, 3, h, w).
    """

    def __init__(self, deployed: nn.Module, peaks: nn.Module) -> None:
        super().__init__()
        self.deployed, self.peaks = deployed, peaks

    def forward(self, frame: Tensor, levels: Tensor) -> tuple[Tensor, Tensor]:
        low, high = levels[:, :1, None, None], levels[:, 1:, None, None]
        response: Tensor = self.deployed(((frame - low) / (high - low)).clamp(*CLIP))
        return response, self.peaks(response)


def fold(network: nn.Module) -> nn.Module:
    """``network`` with every batch norm folded into the convolution before it, in place."""
    for name, child in network.named_children():
        fold(child)
        if isinstance(child, nn.Sequential):
            setattr(network, name, nn.Sequential(*folded(child)))
    return network


def folded(layers: nn.Sequential) -> list[nn.Module]:
    """The layers with every batch norm folded into the convolution before it."""
    kept: list[nn.Module] = []
    for layer in layers:
        if not isinstance(layer, nn.BatchNorm2d):
            kept.append(layer)
        elif isinstance(kept[-1], ODConv):
            kept[-1].absorb(layer)
        else:
            kept[-1] = fuse_conv_bn_eval(convolution(kept[-1]), layer)
    return kept


def convolution(layer: nn.Module) -> nn.Conv2d:
    """The layer, known to be a convolution."""
    assert isinstance(layer, nn.Conv2d)
    return layer


def with_weight(old: nn.Conv2d, weight: Tensor, bias: Tensor | None) -> nn.Conv2d:
    """A convolution like ``old``, ungrouped, with other weights."""
    new = nn.Conv2d(
        weight.shape[1],
        weight.shape[0],
        old.kernel_size,  # type: ignore[arg-type]
        old.stride,  # type: ignore[arg-type]
        old.padding,  # type: ignore[arg-type]
        bias=bias is not None,
    )
    new.weight = nn.Parameter(weight.detach().clone())
    if bias is not None:
        new.bias = nn.Parameter(bias.detach().clone())
    return new
