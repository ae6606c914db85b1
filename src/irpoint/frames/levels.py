"""Frame values → network input: two numbers a frame, the same in training and in every runtime.

Cameras give anything from 8-bit pictures to 14-bit frames whose whole scene spans a hundred counts
and whose hot pixels sit at the rail. A model therefore never sees raw counts: ``levels`` reads two
numbers off the frame, ``normalise`` maps them to 0 and 1.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from irpoint.errors import FrameError

Frame = npt.NDArray[Any]
Normalisation = Literal["robust", "full-range"]

# Levels are read from about this many pixels: enough for a percentile, a millisecond at any size.
_SAMPLE = 65_536
# A flat 8-bit sky spans two or three counts, all rounding noise; it must not fill the range.
_LEAST_SPAN_OF_INTEGERS = 16.0
# Targets reach far above the clutter, hot pixels further; what is beyond carries no information.
CLIP = (-1.0, 5.0)


def levels(frame: Frame, normalisation: Normalisation = "robust") -> tuple[float, float]:
    """The two values of a frame that become 0 and 1 in the network input.

    Args:
        frame: (H, W), any integer or float type; pixels that are not finite are left out.
        normalisation: ``robust``, the 1st and 99th percentile, which neither hot pixels nor small
            targets move; or ``full-range``, 0 and the largest value of the type, as published
            weights expect (for floats 1, 255 or 65535, the first that holds the frame).

    Returns:
        (low, high) in frame counts, high > low.

    Raises:
        FrameError: where no pixel is finite.
    """
    if normalisation == "full-range":
        return 0.0, _full_range(frame)
    step = max(1, round((frame.size / _SAMPLE) ** 0.5))
    sample = _float32(frame[::step, ::step]).ravel()
    if frame.dtype.kind == "f":
        sample = sample[np.isfinite(sample)]
        if not sample.size:  # the grid may have missed them, in an interlaced frame say
            sample = _float32(frame).ravel()
            sample = sample[np.isfinite(sample)]
        if not sample.size:
            raise FrameError("the frame has no finite pixel")
    low, high = (float(v) for v in np.percentile(sample, (1.0, 99.0)))
    least = _LEAST_SPAN_OF_INTEGERS if frame.dtype.kind in "ui" else 0.0
    least = max(least, 1e-6 * max(abs(high), 1e-30))
    lacking = max(0.0, least - (high - low)) / 2
    return low - lacking, high + lacking


def _full_range(frame: Frame) -> float:
    if frame.dtype.kind in "ui":
        return float(np.iinfo(frame.dtype).max)
    top = float(np.max(frame, initial=0.0, where=np.isfinite(frame)))
    return next((limit for limit in (1.0, 255.0, 65535.0) if top <= limit), top)


def _float32(frame: Frame) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return frame.astype(np.float32)


def normalise(frame: Frame, low: float, high: float) -> npt.NDArray[np.float32]:
    """Frame (H, W) → float32 (H, W), ``low`` at 0 and ``high`` at 1, clipped to −1..5.

    NaN becomes 0, an infinity the end of the range on its side.
    """
    with np.errstate(over="ignore"):  # values that mean "no data" may be as large as the type has
        scaled = (_float32(frame) - np.float32(low)) * np.float32(1.0 / (high - low))
    if frame.dtype.kind == "f":
        scaled = np.nan_to_num(scaled, copy=False, nan=0.0, posinf=CLIP[1], neginf=CLIP[0])
    return np.clip(scaled, *CLIP, out=scaled)


def clip_to_levels(frame: Frame, low: float, high: float) -> npt.NDArray[np.float32]:
    """Frame (H, W) → float32 (H, W) in counts, without what :func:`normalise` would cut off.

    To be scaled down, and then normalised by an exported graph: a hot pixel must not have spread by
    then. NaN becomes ``low``.
    """
    counts = _float32(frame)
    if frame.dtype.kind == "f":
        counts = np.nan_to_num(counts, copy=False, nan=low, posinf=np.inf, neginf=-np.inf)
    span = high - low
    with np.errstate(over="ignore"):
        ends = np.float32(low + CLIP[0] * span), np.float32(low + CLIP[1] * span)
    return np.clip(counts, *ends, out=counts)
