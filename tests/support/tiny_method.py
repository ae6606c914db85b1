"""A method with a tiny network: for tests of training, export and import, not of accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from irpoint.decoding.published import PublishedRule
from irpoint.errors import ModelError
from irpoint.methods import Method, PublishedWeights
from irpoint.methods.blocks.convolution import conv_bn
from irpoint.methods.method import fixed_width


class TinyNetwork(nn.Module):
    """Frame (B, 3, H, W) → response map (B, 1, ⌈H/4⌉, ⌈W/4⌉); about a thousand weights.

    The middle kernel is large enough for Muon, the others are left to AdamW.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            *conv_bn(3, 4, 3, stride=2),
            nn.ReLU(inplace=True),
            *conv_bn(4, 8, 3, stride=2),
            nn.ReLU(inplace=True),
            *conv_bn(8, 8, 3),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Conv2d(8, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        response: Tensor = self.head(self.stem(x))
        return response


def translate(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The published checkpoint of the tiny method has a prefix in front of every name."""
    if not all(name.startswith("theirs.") for name in published):
        raise ModelError("not a tiny checkpoint")
    return {name.removeprefix("theirs."): value for name, value in published.items()}


TINY = Method(
    name="tiny",
    build=fixed_width("tiny", TinyNetwork),
    target_map="gaussian",
    published_target_map="published-prps",
    published_decoder=PublishedRule(threshold=0.3, relative_gate=0.5, max_points=4),
    published_weights=PublishedWeights(translate, {64: "TINY-64", 96: "TINY-96"}, threshold=0.3),
)


def tiny_network(seed: int = 0) -> TinyNetwork:
    """Random weights, with batch norms that change their input."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    network = TinyNetwork()
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.running_mean.normal_(0, 0.2, generator=generator)
                layer.running_var.uniform_(0.5, 2, generator=generator)
                layer.weight.uniform_(0.5, 1.5, generator=generator)
    return network.eval()


def write_checkpoint(path: Path, network: TinyNetwork) -> Path:
    """Write the weights as the authors of the tiny method would publish them."""
    state = {f"theirs.{name}": value for name, value in network.state_dict().items()}
    torch.save({"model": state, "epoch": 1}, path)
    return path
