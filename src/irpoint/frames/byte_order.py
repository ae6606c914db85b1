"""Recognise pixels whose bytes are in the wrong order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.frames.notes import Note

_SMOOTHER = 8.0  # times; a frame of noise is about as rough in both orders
_SANE = (1e-12, 1e12)  # range of the largest magnitude of a frame of real numbers


def swapped_note(pixels: npt.NDArray[Any], fix: str) -> list[Note]:
    """A note if the bytes of the pixels look swapped, else none.

    A frame is smooth. With its bytes swapped, the low byte, which is mostly noise, becomes the high
    byte. Real numbers become tiny, huge or NaN.

    Args:
        pixels: (H, W) or (H, W, C).
        fix: how to fix it.
    """
    text = f"the bytes of the pixels look swapped, so targets may be missed; {fix}"
    return [Note("byte-order", text)] if looks_swapped(pixels) else []


def looks_swapped(pixels: npt.NDArray[Any]) -> bool:
    """Whether a frame (H, W) or (H, W, C) is far smoother, or saner, in the other byte order."""
    if pixels.dtype.itemsize == 1 or min(pixels.shape[:2]) < 2:
        return False
    other = pixels.byteswap()
    if pixels.dtype.kind == "f":
        return not _is_sane(pixels) and _is_sane(other)
    if pixels.dtype.itemsize == 2 and not (pixels & 255).any():
        return False  # 8-bit values in the high byte, which some cameras deliver
    return _SMOOTHER * _roughness(other) < _roughness(pixels)


def _roughness(pixels: npt.NDArray[Any]) -> float:
    """Mean difference of neighbours."""
    counts = pixels.astype(np.float64)
    return float(np.abs(np.diff(counts, axis=0)).mean() + np.abs(np.diff(counts, axis=1)).mean())


def _is_sane(pixels: npt.NDArray[Any]) -> bool:
    with np.errstate(invalid="ignore"):
        top = float(np.abs(pixels).max())
    return top == 0 or _SANE[0] < top < _SANE[1]  # false if any pixel is NaN
