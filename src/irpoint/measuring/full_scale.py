"""Pixels at full scale, whose true signal is above what the camera can show."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.measuring.windows import BoolArray, Windows

_BITS = (8, 10, 12, 14, 15, 16, 32)
_PLATEAU = 5  # equal pixels at the top of a frame are a full scale of their own


def at_full_scale(frame: npt.NDArray[Any], windows: Windows) -> BoolArray | None:
    """bool (N, S, S), the pixels that are at the end of the scale on the side of the target.

    That is the highest value of the frame, if the converter of a camera ends there or several
    pixels have it; for dark targets it is the lowest value. None if the frame ends at neither.
    """
    ends = np.full(len(windows.sign), np.nan)
    for dark in (False, True):
        some = (windows.sign < 0) == dark
        end = _end_of_scale(frame, dark) if some.any() else None
        if end is not None:
            ends[some] = end
    if np.isnan(ends).all():
        return None
    ends = (ends - windows.offset) * windows.sign
    return np.asarray((windows.values == ends[:, None, None]) & windows.valid)


def _end_of_scale(frame: npt.NDArray[Any], dark: bool) -> float | None:
    """The value at which the frame is clipped; None if it is not."""
    known = frame if frame.dtype.kind != "f" else frame[np.isfinite(frame)]
    if not known.size:
        return None
    end = known.min() if dark else known.max()
    ends = (0.0,) if dark else tuple(2.0**bits - 1 for bits in _BITS)
    if frame.dtype.kind != "f" and end in ends:
        return float(end)
    return float(end) if np.count_nonzero(known == end) >= _PLATEAU else None
