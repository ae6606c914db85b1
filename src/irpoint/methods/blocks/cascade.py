"""The stepped cascade (SFCC) by which branches of neighbouring resolutions inform each other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from irpoint.methods.blocks.convolution import enlarged


class SteppedCascade(nn.Module):
    """SFCC: a stair of three branches on which each step already carries what came before it.

    Downwards, the middle branch takes from the fine one and the coarse one from the middle just
    renewed; upwards, the other way round. One way a step, shared by all levels that use it.
    """

    def __init__(self, downs: Sequence[nn.Module], ups: Sequence[nn.Module]) -> None:
        super().__init__()
        self.downs = nn.ModuleList(downs)  # 1 → 2, 2 → 3
        self.ups = nn.ModuleList(ups)  # 2 → 1, 3 → 2

    def forward(self, branches: list[Tensor], *, down: bool) -> list[Tensor]:
        x = list(branches)
        if down:
            for step, way in enumerate(self.downs):
                x[step + 1] = torch.relu(x[step + 1] + way(x[step]))
        else:
            for step in reversed(range(len(self.ups))):
                x[step] = torch.relu(x[step] + enlarged(self.ups[step](x[step + 1]), 2, x[step]))
        return x
