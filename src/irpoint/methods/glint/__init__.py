"""glint: irpoint's own network, made for the CPU: dense convolutions, no pooling over the frame."""

from __future__ import annotations

from torch import nn

from irpoint.methods.glint.deployed import DeployedGlint
from irpoint.methods.glint.network import HALO, Glint
from irpoint.methods.method import Method


def _build(width: int | None) -> nn.Module:
    return Glint() if width is None else Glint(width)


GLINT = Method(
    name="glint",
    build=_build,
    target_map="gaussian",
    # Its publication is this repository.
    published_target_map="gaussian",
    deploy=DeployedGlint,
    halo=HALO,
    published_decoder=None,
)
