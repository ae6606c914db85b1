"""Networks of the methods with random weights, frames for them, and their exported graphs."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from irpoint.export.onnx import export_onnx, native
from irpoint.methods import METHODS
from irpoint.methods.blocks.deployed import OURS
from irpoint.methods.blocks.odconv import ODConv

SLIM = {"sshd": 8}  # base widths that keep the tests fast


def _shorten_sshd(network: nn.Module) -> None:
    """One unit of each kind: two bottlenecks, HCEM, DCFM-I, DCFM-II; one residual per branch."""
    network.layer1 = nn.Sequential(network.layer1[0], network.layer1[3])
    network.stage3 = nn.Sequential(network.stage3[1], network.stage3[3])
    network.stage4 = nn.Sequential(network.stage4[2])
    # HCEM keeps its four, because its cascade follows each.
    for unit in (network.stage2, network.stage3[1], network.stage4[0]):
        for number, branch in enumerate(unit.branches):
            unit.branches[number] = branch[:1]


def _shorten_p2p_lite(network: nn.Module) -> None:
    """One unit in the first layer."""
    network.layer1 = network.layer1[:1]


# Units that only repeat others are left out, since an export takes as long as it has layers.
SHORTER = {"sshd": _shorten_sshd, "p2p-lite": _shorten_p2p_lite}


def normalised_frames(batch: int, height: int, width: int, seed: int = 0) -> Tensor:
    """Random frames (batch, 1, height, width) with normalised values of −1 to 2."""
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.rand(batch, 1, height, width, generator=generator) - 1


@cache
def random_network(name: str) -> nn.Module:
    """A slim and short network with random weights and batch norms that fit them.

    Copy it to change it.
    """
    torch.manual_seed(0)
    network = METHODS[name].build(SLIM.get(name))
    if name in SHORTER:
        SHORTER[name](network)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0.0, 0.2)
    contrast = torch.linspace(0.2, 2.0, 6).view(-1, 1, 1, 1)
    with torch.no_grad():
        native(network.train(), contrast * normalised_frames(6, 64, 64), OURS)
        for layer in network.modules():
            # Noise frames hardly differ in their means. Gates normalised by such small variances
            # would magnify rounding a thousandfold.
            if isinstance(layer, ODConv):
                layer.summary[1].running_var.clamp_(min=0.1)
    return network.eval()


class ExportedMethods(dict[str, tuple[nn.Module, bytes]]):
    """Network and exported graph of every method, made when asked for: each takes long."""

    def __missing__(self, name: str) -> tuple[nn.Module, bytes]:
        network = random_network(name)
        self[name] = (network, export_onnx(network, METHODS[name]))
        return self[name]
