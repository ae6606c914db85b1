"""The description of a method, which training, export and import use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from irpoint.decoding import STRIDE
from irpoint.decoding.published import PublishedRule
from irpoint.errors import SettingsError
from irpoint.frames.levels import Normalisation
from irpoint.frames.scale import Resize
from irpoint.methods.blocks.deployed import IMAGENET, Channels, Deployed, Statistics
from irpoint.methods.blocks.gaussian import Draw


@dataclass(frozen=True)
class TargetMap:
    """A response map that a network can be trained to predict.

    Attributes:
        draw: (frame (H, W), labels (N, 2) in network pixels, σ in cells) → map (H/4, W/4).
        map_offset: network pixel of the map's cell 0; the decoder needs it to read peaks back.
    """

    draw: Draw
    map_offset: float = (STRIDE - 1) / 2


@dataclass(frozen=True)
class PublishedWeights:
    """How to convert a checkpoint that the authors published to a model of irpoint.

    Attributes:
        translate: state dict of the checkpoint → state dict of the method's network. Raises
            :class:`~irpoint.errors.ModelError` if the tensors are not those of the network.
        data: name of the training data by the input side that the weights were trained at; the
            first side is the default.
        threshold: published score threshold.
        statistics: mean and deviation that normalise the three input channels.
        normalisation: how frame values become 0..1, see :mod:`irpoint.frames.levels`.
        resize: how frames are resized.
        map_offset: network pixel of response cell 0.
        licence: terms of the weights, for the model card.
    """

    translate: Callable[[Mapping[str, Tensor]], dict[str, Tensor]]
    data: Mapping[int, str]
    threshold: float
    statistics: Statistics = IMAGENET
    normalisation: Normalisation = "full-range"
    resize: Resize = "corner"
    map_offset: float = 0.0
    licence: str = "none stated: not to be passed on"


@dataclass(frozen=True)
class Method:
    """A method: its network, its target map, and the rules of its publication.

    Attributes:
        name: name on the command line and on model cards.
        build: base width (None for the default) → network with random weights.
        target_map: name of the target map that the network learns by default.
        published_target_map: name of the target map of the publication.
        target_maps: target maps that the method adds to the shared ones, by name.
        loss: name of the default loss, see :mod:`irpoint.training.losses`.
        dynamic: whether kernels depend on the image. If so, a training batch needs two images, and
            the exported graph accepts one frame at a time.
        deploy: (network, mean, deviation) → module for inference on frames (B, 1, H, W).
        stride: network pixels per response cell.
        halo: network pixels around a cell that influence it; the overlap of tiles in large frames.
        published_decoder: decoding rule of the publication; None if it does not describe one.
        published_weights: how the authors' checkpoints are imported; None if none are public.
    """

    name: str
    build: Callable[[int | None], nn.Module]
    target_map: str
    published_target_map: str
    target_maps: Mapping[str, TargetMap] = field(default_factory=dict)
    loss: str = "weighted-squared-error"
    dynamic: bool = False
    deploy: Callable[[Any, Channels, Channels], nn.Module] = Deployed
    stride: int = STRIDE
    halo: int = 64
    published_decoder: PublishedRule | None = None
    published_weights: PublishedWeights | None = None


def fixed_width(name: str, network: Callable[[], nn.Module]) -> Callable[[int | None], nn.Module]:
    """Builder of a network whose width cannot be chosen.

    The builder raises:
        SettingsError: if a width is given.
    """

    def build(width: int | None) -> nn.Module:
        if width is not None:
            raise SettingsError(f"setting width: {name} has a fixed width; leave the setting out")
        return network()

    return build
