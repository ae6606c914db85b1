"""What training, export and import need to know of a method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from irpoint.decoding import STRIDE
from irpoint.errors import SettingsError
from irpoint.methods.blocks.deployed import Channels, Deployed
from irpoint.methods.blocks.gaussian import Draw


@dataclass(frozen=True)
class TargetMap:
    """What a network is trained to answer.

    Attributes:
        draw: (frame (H, W), labels (N, 2) in network pixels, σ in cells) → map (H/4, W/4).
        map_offset: network pixel of the map's cell 0, by which its peaks are read back.
    """

    draw: Draw
    map_offset: float = (STRIDE - 1) / 2


@dataclass(frozen=True)
class Method:
    """One published method.

    Attributes:
        name: as on the command line.
        build: a network with random weights, of a base width (its own where None).
        target_map: name of the target that it is trained on unless told otherwise.
        published_target_map: name of the one that its publication uses.
        dynamic: whether its kernels depend on the image; then a training batch needs two images,
            and the exported graph takes one at a time.
        deploy: (network, mean, deviation) → module that takes (B, 1, H, W) frames.
        stride: network pixels a response cell.
        halo: network pixels around a cell that matter to it, for tiles of large frames.
    """

    name: str
    build: Callable[[int | None], nn.Module]
    target_map: str
    published_target_map: str
    dynamic: bool = False
    deploy: Callable[[Any, Channels, Channels], nn.Module] = Deployed
    stride: int = STRIDE
    halo: int = 64


def fixed_width(name: str, network: Callable[[], nn.Module]) -> Callable[[int | None], nn.Module]:
    """Builder of a network that comes in one width only.

    The builder raises:
        SettingsError: where a width is asked for.
    """

    def build(width: int | None) -> nn.Module:
        if width is not None:
            raise SettingsError(f"setting width: {name} comes in one width")
        return network()

    return build
