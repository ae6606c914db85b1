"""SSHD-Net: a high-resolution branch with context from three coarser ones (arXiv 2408.01976)."""

from __future__ import annotations

from torch import nn

from irpoint.decoding.published import PublishedRule
from irpoint.methods.method import Method
from irpoint.methods.sshd.network import SSHDNet


def _build(width: int | None) -> nn.Module:
    return SSHDNet() if width is None else SSHDNet(width)


SSHD = Method(
    name="sshd",
    build=_build,
    target_map="gaussian",
    published_target_map="published-gaussian",
    dynamic=True,
    halo=256,  # the receptive field of the two coarsest branches is even larger
    published_decoder=PublishedRule(threshold=0.2, relative_gate=0.8, max_points=8),
)
