"""Coordinate attention: channel weights per row and per column (CVPR 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CoordAtt(nn.Module):
    """Scales every cell by a weight of its row and a weight of its column, for each channel.

    The map is averaged over its width and over its height. Both profiles pass through one shared
    narrow layer, then each through a separate layer. Unlike a squeeze-excite gate, the weights
    keep the position along each axis.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(8, channels // 32)
        self.shared = nn.Sequential(
            nn.Conv2d(channels, narrow, 1), nn.BatchNorm2d(narrow), nn.Hardswish(inplace=True)
        )
        self.rows = nn.Conv2d(narrow, channels, 1)
        self.columns = nn.Conv2d(narrow, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        height = x.shape[2]
        rows = x.mean(3, keepdim=True)
        columns = x.mean(2, keepdim=True).transpose(2, 3)
        profile = self.shared(torch.cat([rows, columns], dim=2))
        by_row = torch.sigmoid(self.rows(profile[:, :, :height]))
        by_column = torch.sigmoid(self.columns(profile[:, :, height:])).transpose(2, 3)
        return x * by_row * by_column
