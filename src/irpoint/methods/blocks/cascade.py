"""Stepped cascade (SFCC): branches of neighbouring resolutions exchange their features."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from irpoint.methods.blocks.convolution import enlarged


class SteppedCascade(nn.Module):
    """SFCC: passes features from branch to branch; each step includes those of the step before.

    Downwards, the middle branch receives the fine one, then the coarse branch receives the updated
    middle one. Upwards, the order is reversed. Every level that uses the cascade shares its layers.

    Args:
        downs: modules from branch 1 to 2 and from 2 to 3; they halve the resolution.
        ups: modules from branch 2 to 1 and from 3 to 2; they keep the resolution.
    """

    def __init__(self, downs: Sequence[nn.Module], ups: Sequence[nn.Module]) -> None:
        super().__init__()
        self.downs = nn.ModuleList(downs)
        self.ups = nn.ModuleList(ups)

    def forward(self, branches: list[Tensor], *, down: bool) -> list[Tensor]:
        x = list(branches)
        if down:
            for step, way in enumerate(self.downs):
                x[step + 1] = torch.relu(x[step + 1] + way(x[step]))
        else:
            for step in reversed(range(len(self.ups))):
                x[step] = torch.relu(x[step] + enlarged(self.ups[step](x[step + 1]), 2, x[step]))
        return x
