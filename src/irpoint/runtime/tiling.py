"""Large frames in pieces: memory stays bounded, and no seam can be seen in the response.

Every tile is a core with a halo of its neighbours' pixels around it. The network answers to the
tile; of the answer the core's part is kept, and these parts make up the response of the whole
frame, which is decoded once. A target on a seam is therefore found once, as anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]

WHOLE = 2_000_000  # pixels of the largest frame that goes through a network in one piece
CORE = 1280  # longest side of a tile's own part, in network pixels
_GRID = 32  # tiles start on it, so that every strided layer sees the grid that it would


@dataclass(frozen=True)
class Tile:
    """Windows (rows, columns): of the tile and its core, in pixels of the network's frame."""

    outer: tuple[slice, slice]
    inner: tuple[slice, slice]


def tiles(shape: tuple[int, int], halo: int, core: int = CORE) -> Iterator[Tile]:
    """Tiles whose cores cover a frame of ``shape`` (height, width) without overlap.

    Args:
        halo: pixels around a core that its answer depends on.
        core: longest side of a core, a multiple of 32. Those of a row or column are of one length
            but for the last, since a narrow rest would be nearly all halo.
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

    Equal to that of the whole frame where the network looks no further than ``halo``. What pools
    over the whole frame, as gates of channels do, pools over the tile instead.

    Args:
        respond: frame (h, w) → response (h/stride, w/stride).
        frame: sides multiples of ``stride``.
    """
    response = np.empty((frame.shape[0] // stride, frame.shape[1] // stride), np.float32)
    for tile in tiles((frame.shape[0], frame.shape[1]), halo, core):
        answer = respond(np.ascontiguousarray(frame[tile.outer]))
        inside, cells = [], []
        for outer, inner in zip(tile.outer, tile.inner, strict=True):
            cells.append(slice(inner.start // stride, inner.stop // stride))
            inside.append(
                slice((inner.start - outer.start) // stride, (inner.stop - outer.start) // stride)
            )
        response[tuple(cells)] = answer[tuple(inside)]
    return response
