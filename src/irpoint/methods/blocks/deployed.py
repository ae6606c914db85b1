"""Networks prepared for inference: one input channel, batch norms fused, frames in counts."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from irpoint.frames.levels import CLIP
from irpoint.methods.blocks.odconv import ODConv

Channels = tuple[float, float, float]
Statistics = tuple[Channels, Channels]
"""Mean and deviation that normalise the three input channels of a network."""

# irpoint maps 0..1 to −1..1; published weights were trained with the statistics of ImageNet.
OURS: Statistics = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
IMAGENET: Statistics = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


class NormalisedInput(nn.Module):
    """Base of deployed networks: normalises frames (B, 1, H, W) in 0..1 for the first layer.

    If all channels share their statistics, the network receives one channel instead of three.

    Args:
        mean, deviation: statistics per channel that the network was trained with.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Channels, deviation: Channels) -> None:
        super().__init__()
        self.one_channel = len(set(mean)) == len(set(deviation)) == 1
        channels = 1 if self.one_channel else 3
        self.register_buffer("mean", torch.tensor(mean[:channels]).view(1, -1, 1, 1))
        self.register_buffer("deviation", torch.tensor(deviation[:channels]).view(1, -1, 1, 1))

    def merge_input_channels(self, stem: nn.Module) -> None:
        """Make the first convolution of ``stem`` accept one channel, if the statistics allow it."""
        assert isinstance(stem, nn.Sequential)
        if self.one_channel:
            first = as_convolution(stem[0])
            stem[0] = with_weight(first, first.weight.sum(dim=1, keepdim=True), first.bias)

    def normalised(self, image: Tensor) -> Tensor:
        """Input of the network, (B, 1 or 3, H, W)."""
        return (image - self.mean) / self.deviation


class Deployed(NormalisedInput):
    """Frame (B, 1, H, W) in 0..1 → response (B, 1, h, w).

    Args:
        network: trained network in evaluation mode, whose ``stem[0]`` is its first convolution. It
            is modified, so pass a copy.
        mean, deviation: statistics per channel that the network was trained with.
    """

    def __init__(self, network: nn.Module, mean: Channels, deviation: Channels) -> None:
        super().__init__(mean, deviation)
        self.network = fuse_batch_norms(network)
        self.merge_input_channels(self.network.get_submodule("stem"))

    def forward(self, image: Tensor) -> Tensor:
        response: Tensor = self.network(self.normalised(image))
        return response


class FromCounts(nn.Module):
    """Frame (B, 1, H, W) in counts and levels (B, 2) → response (B, 1, h, w).

    Args:
        deployed: module for frames in which ``low`` is 0 and ``high`` is 1.
    """

    def __init__(self, deployed: nn.Module) -> None:
        super().__init__()
        self.deployed = deployed

    def forward(self, frame: Tensor, levels: Tensor) -> Tensor:
        low, high = levels[:, :1, None, None], levels[:, 1:, None, None]
        response: Tensor = self.deployed(((frame - low) / (high - low)).clamp(*CLIP))
        return response


def fuse_batch_norms(network: nn.Module) -> nn.Module:
    """Fuse every batch norm of ``network`` into the convolution before it, in place."""
    for name, child in network.named_children():
        fuse_batch_norms(child)
        if isinstance(child, nn.Sequential):
            setattr(network, name, nn.Sequential(*fused(child)))
    return network


def fused(layers: nn.Sequential) -> list[nn.Module]:
    """The layers, with every batch norm fused into the convolution before it."""
    kept: list[nn.Module] = []
    for layer in layers:
        if not isinstance(layer, nn.BatchNorm2d):
            kept.append(layer)
        elif isinstance(kept[-1], ODConv):
            kept[-1].absorb(layer)
        else:
            kept[-1] = fuse_conv_bn_eval(as_convolution(kept[-1]), layer)
    return kept


def as_convolution(layer: nn.Module) -> nn.Conv2d:
    """The layer, which must be a convolution."""
    assert isinstance(layer, nn.Conv2d)
    return layer


def with_weight(old: nn.Conv2d, weight: Tensor, bias: Tensor | None) -> nn.Conv2d:
    """An ungrouped convolution like ``old`` with other weights."""
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
