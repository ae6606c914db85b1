"""Process large frames in tiles: memory stays bounded, and the response has no seams.

Each tile is a core with a halo of pixels around it. The network runs on the whole tile, but only
the response of the core is kept. The cores form the response of the whole frame, which is decoded
once. Therefore a target on a seam is found exactly once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]

WHOLE = 2_000_000  # network pixels; larger frames are split into tiles
CORE = 1280  # longest side of a core, in network pixels
_GRID = 32  # tiles start on multiples of it, so that strided layers sample the same pixels


@dataclass(frozen=True)
class Tile:
    """Windows (rows, columns) of a tile and of its core, in network pixels."""

    outer: tuple[slice, slice]
    inner: tuple[slice, slice]


def tiles(shape: tuple[int, int], halo: int, core: int = CORE) -> Iterator[Tile]:
    """Tiles whose cores cover a frame of ``shape`` (height, width) without overlap.

    Args:
        halo: number of pixels around a core that affect its response.
        core: longest side of a core, a multiple of 32. All cores along a side have the same
            length except the last, since a narrow last tile would be mostly halo.
    """
    border = -(-halo // _GRID) * _GRID
    spans = []
    for side in shape:
        step = -(-side // (-(-side // core) * _GRID)) * _GRID
        spans.append([(start, min(start + step, side)) for start in range(0, side, step)])
    for top, bottom in spans[0]:
        for left, right in spans[1]:
            yield Tile(
                (
                    slice(max(top - border, 0), min(bottom + border, shape[0])),
                    slice(max(left - border, 0), min(right + border, shape[1])),
                ),
                (slice(top, bottom), slice(left, right)),
            )


def respond_in_tiles(
    respond: Callable[[Image], Image], frame: Image, stride: int, halo: int, core: int = CORE
) -> Image:
    """The response (H/stride, W/stride) of a large frame (H, W), from those of its tiles.

    It equals the response of the whole frame if no cell depends on pixels beyond ``halo``. Layers
    that pool over the whole frame, such as channel gates, pool over the tile instead.

    Args:
        respond: frame (h, w) → response (h/stride, w/stride).
        frame: (H, W); both sides are multiples of ``stride``.
    """
    response = np.empty((frame.shape[0] // stride, frame.shape[1] // stride), np.float32)
    for tile in tiles((frame.shape[0], frame.shape[1]), halo, core):
        part = respond(np.ascontiguousarray(frame[tile.outer]))
        inside, cells = [], []
        for outer, inner in zip(tile.outer, tile.inner, strict=True):
            cells.append(slice(inner.start // stride, inner.stop // stride))
            inside.append(
                slice((inner.start - outer.start) // stride, (inner.stop - outer.start) // stride)
            )
        response[tuple(cells)] = part[tuple(inside)]
    return response
