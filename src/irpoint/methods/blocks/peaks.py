"""The decoder as part of the exported graph, for programs that do not use irpoint."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_MAX_GAIN = 1.15  # as in irpoint.decoding.peaks; a test compares the two
_MIN_CELL = 1e-30  # keeps the logarithm of unused cells finite


class PeakMaps(nn.Module):
    """Response (B, 1, h, w) → peaks (B, 3, h, w): score (0 if the cell is not a peak), x, y.

    x and y are in network pixels. The peaks are those of :func:`irpoint.decoding.peaks.decode`,
    with one exception: a plateau of equal cells is represented by its first cell in reading order,
    not by its middle cell. The map must have at least 3 × 3 cells.

    Args:
        stride: network pixels per cell.
        map_offset: network pixel of cell 0.
    """

    def __init__(self, stride: int, map_offset: float) -> None:
        super().__init__()
        self.stride, self.map_offset = stride, map_offset

    def forward(self, response: Tensor) -> Tensor:
        x, gain_x = _vertex(response)
        y, gain_y = (part.mT for part in _vertex(response.mT))
        score = torch.where(_is_peak(response), response * gain_x * gain_y, 0.0)
        positions = [cell * self.stride + self.map_offset for cell in (x, y)]
        return torch.cat([score, *positions], dim=1)


def _is_peak(response: Tensor) -> Tensor:
    height, width = response.shape[2:]
    framed = F.pad(response, (1, 1, 1, 1), value=-torch.inf)
    around = [
        framed[:, :, down : down + height, across : across + width]
        for down in range(3)
        for across in range(3)
    ]
    before, after = (torch.stack(part).amax(dim=0) for part in (around[:4], around[5:]))
    return (response > before) & (response >= after) & (response > 0)


def _vertex(cells: Tensor) -> tuple[Tensor, Tensor]:
    """Column of the vertex next to every cell, and ratio of the values of vertex and cell."""
    width = cells.shape[3]
    cell = torch.arange(width, device=cells.device, dtype=cells.dtype)
    middle = cell.clamp(1, width - 2)  # border cells use the three cells nearest to the border
    triple = torch.stack([cells[..., :-2], cells[..., 1:-1], cells[..., 2:]])
    logarithmic = (triple > 0).all(dim=0)
    left, centre, right = torch.where(logarithmic, triple.clamp(min=_MIN_CELL).log(), triple)
    slope = _edged((right - left) / 2)
    curvature = _edged(left - 2 * centre + right)
    in_logs = _edged(logarithmic.to(cells.dtype)) > 0.5
    bent = curvature < 0
    start = (cell - middle).expand_as(cells)
    step = -slope / torch.where(bent, curvature, -1.0)
    step = torch.where(bent, torch.clamp(step, start - 1, start + 1), start)
    rise = slope * (step - start) + curvature * (step**2 - start**2) / 2
    linear = 1 + rise / torch.where(cells > 0, cells, 1.0)
    gain = torch.where(in_logs, rise.exp(), linear)
    return middle + step, gain.clamp(1.0, _MAX_GAIN)


def _edged(values: Tensor) -> Tensor:
    return F.pad(values, (1, 1, 0, 0), mode="replicate")
