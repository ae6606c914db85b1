"""The pixels of a frame for the browser: 8 or 16 bits, and how to convert them back to counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.errors import FrameError
from irpoint.frames.levels import levels


@dataclass(frozen=True)
class Pixels:
    """A frame for display.

    Attributes:
        data: little-endian uint8 or uint16, row by row.
        width, height: size of the frame.
        bits: 8 or 16.
        offset, scale: counts = offset + scale · stored value; exact for frames of up to 16 bits.
        low, high: levels of the frame in stored values; the initial display window.
    """

    data: bytes
    width: int
    height: int
    bits: int
    offset: float
    scale: float
    low: float
    high: float

    @property
    def head(self) -> dict[str, float]:
        """All attributes except the data."""
        names = ("width", "height", "bits", "offset", "scale", "low", "high")
        return {name: getattr(self, name) for name in names}


def pixels(frame: npt.NDArray[Any]) -> Pixels:
    """Convert a frame (H, W) of any type to at most 16 bits.

    Wider types are scaled linearly, so that their finite range covers the 65,536 stored values.

    Raises:
        FrameError: if no pixel is finite.
    """
    low, high = levels(frame)
    offset, scale = 0.0, 1.0
    if frame.dtype in (np.uint8, np.bool_):
        stored = frame.astype(np.uint8)
    elif frame.dtype == np.uint16:
        stored = frame.astype("<u2")
    else:
        finite = frame[np.isfinite(frame)]
        if not finite.size:
            raise FrameError("the frame has no finite pixel")
        offset, top = float(finite.min()), float(finite.max())
        exact = frame.dtype.kind in "iu" and top - offset <= 65_535
        scale = 1.0 if exact else max((top - offset) / 65_535, 1e-30)
        scaled = (np.nan_to_num(frame.astype(np.float64), nan=offset) - offset) / scale
        stored = np.clip(np.round(scaled), 0, 65_535).astype("<u2")
    return Pixels(
        data=stored.tobytes(),
        width=frame.shape[1],
        height=frame.shape[0],
        bits=8 * stored.dtype.itemsize,
        offset=offset,
        scale=scale,
        low=(low - offset) / scale,
        high=(high - offset) / scale,
    )
