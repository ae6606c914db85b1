"""Frame values → network input, identical in training and in every backend.

Cameras deliver anything from 8-bit images to 14-bit frames in which the scene spans a hundred
counts and hot pixels are saturated. Therefore a model never sees raw counts: :func:`levels`
measures two values per frame, and :func:`normalise` maps them to 0 and 1.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame

Normalisation = Literal["robust", "full-range"]
Mask = npt.NDArray[np.bool_]

# Levels are measured on about this number of pixels: enough for a percentile, fast at any size.
_SAMPLE = 65_536
# A flat 8-bit sky spans two or three counts of rounding noise, which must not fill the range.
MIN_INTEGER_SPAN = 16.0
# Foreign pixels that move the levels by less than this fraction of the span do no harm. Most frames
# of public datasets have an edge line; their levels are those that the models learned with.
_TOLERANCE = 0.05
# Range of the network input. Targets are far above the clutter; only hot pixels exceed 5.
CLIP = (-1.0, 5.0)


def levels(
    frame: Frame, normalisation: Normalisation = "robust", foreign: Mask | None = None
) -> tuple[float, float]:
    """Measure the two values of a frame that become 0 and 1 in the network input.

    Args:
        frame: (H, W), any integer or float type; pixels that are not finite are ignored.
        normalisation: ``robust`` for the 1st and 99th percentile, which neither hot pixels nor
            small targets affect; ``full-range`` for 0 and the maximum of the type, as published
            weights expect (for floats the first of 1, 255 and 65535 that is not exceeded).
        foreign: bool (H, W), pixels that show no scene and must not affect ``robust`` levels.

    Returns:
        (low, high) in frame counts, high > low.

    Raises:
        FrameError: if no pixel is finite, or all are foreign.
    """
    if normalisation == "full-range":
        return 0.0, _full_range(frame)
    low, high = _percentiles(scene_sample(frame, foreign))
    if foreign is not None:
        plain = _percentiles(scene_sample(frame))
        if max(abs(plain[0] - low), abs(plain[1] - high)) <= _TOLERANCE * (high - low):
            low, high = plain
    span = MIN_INTEGER_SPAN if frame.dtype.kind in "ui" else 0.0
    span = max(span, 1e-6 * max(abs(high), 1e-30))
    margin = max(0.0, span - (high - low)) / 2
    return low - margin, high + margin


def sample_step(shape: tuple[int, ...]) -> int:
    """Distance in pixels between the samples of a frame of ``shape``."""
    return max(1, round(math.sqrt(shape[0] * shape[1] / _SAMPLE)))


def scene_sample(frame: Frame, foreign: Mask | None = None, step: int | None = None) -> Frame:
    """Values (N,) of the finite pixels that are not foreign, N >= 1, about 65,536 by default.

    Raises:
        FrameError: if there are none.
    """
    grid = (slice(None, None, step or sample_step(frame.shape)),) * 2
    sample = finite(frame[grid] if foreign is None else frame[grid][~foreign[grid]])
    if not sample.size:  # the grid may miss all such pixels, as in an interlaced frame
        sample = finite(frame if foreign is None else frame[~foreign])
    if not sample.size:
        raise FrameError("no finite pixel; check how the frame was made")
    return sample


def finite(sample: Frame) -> Frame:
    """The finite values (N,) of an array."""
    sample = sample.ravel()
    return sample[np.isfinite(sample)] if sample.dtype.kind == "f" else sample


def above_least(sample: Frame) -> Frame:
    """Integers (N,) less the lowest of them, in the unsigned type of their size."""
    # What overflows in a signed type is right when its bits are read as unsigned.
    above: Frame = (sample - sample.min()).view(f"u{sample.dtype.itemsize}")
    return above


def _percentiles(sample: Frame) -> tuple[float, float]:
    """The 1st and 99th percentile of the values (N,), as ``numpy.percentile`` defines them."""
    rank = 0.01 * (sample.size - 1)
    if sample.dtype.kind in "ui" and sample.dtype.itemsize <= 2:
        least = int(sample.min())
        ranks = np.cumsum(np.bincount(above_least(sample)))
        low, high = (
            least + np.searchsorted(ranks, [int(at), int(at) + 1], side="right")
            for at in (rank, sample.size - 1 - rank)
        )
        return _between(low, rank), _between(high, sample.size - 1 - rank)
    values = _float32(sample)
    return _between(_smallest(values, rank), rank), -_between(_smallest(-values, rank), rank)


def _smallest(values: npt.NDArray[np.float32], rank: float) -> npt.NDArray[np.float32]:
    """The values at the ranks on either side of ``rank``, without sorting all of them."""
    few = np.sort(values[:: max(1, values.size // 4096)])
    tail = values[values <= few[few.size // 40]]  # about 2.5 %, more than enough for 1 %
    below = int(rank)
    ordered = np.sort(tail if tail.size > below + 1 else values)
    return ordered[[below, min(below + 1, values.size - 1)]]


def _between(pair: npt.NDArray[Any], rank: float) -> float:
    """Interpolate between the values at the ranks below and above ``rank``."""
    return float(pair[0]) + (float(pair[1]) - float(pair[0])) * (rank % 1.0)


def _full_range(frame: Frame) -> float:
    if frame.dtype.kind in "ui":
        return float(np.iinfo(frame.dtype).max)
    top = float(np.max(frame, initial=0.0, where=np.isfinite(frame)))
    return next((limit for limit in (1.0, 255.0, 65535.0) if top <= limit), top)


def _float32(frame: Frame) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore", invalid="ignore"):
        return frame.astype(np.float32)


def normalise(frame: Frame, low: float, high: float) -> npt.NDArray[np.float32]:
    """Frame (H, W) → float32 (H, W) in which ``low`` is 0 and ``high`` is 1, clipped to −1..5.

    NaN becomes 0. Negative infinity becomes −1, positive infinity 5.
    """
    with np.errstate(over="ignore"):  # a "no data" value may be as large as the type allows
        scaled = (_float32(frame) - np.float32(low)) * np.float32(1.0 / (high - low))
    if frame.dtype.kind == "f":
        scaled = np.nan_to_num(scaled, copy=False, nan=0.0, posinf=CLIP[1], neginf=CLIP[0])
    return np.clip(scaled, *CLIP, out=scaled)


def clip_to_levels(frame: Frame, low: float, high: float) -> npt.NDArray[np.float32]:
    """Frame (H, W) → float32 (H, W) in counts, clipped to the range that :func:`normalise` keeps.

    Use it before scaling a frame down for an exported graph, which normalises after that: an
    unclipped hot pixel would spread over its neighbours. NaN becomes ``low``.
    """
    counts = _float32(frame)
    if frame.dtype.kind == "f":
        counts = np.nan_to_num(counts, copy=False, nan=low, posinf=np.inf, neginf=-np.inf)
    span = high - low
    with np.errstate(over="ignore"):
        ends = np.float32(low + CLIP[0] * span), np.float32(low + CLIP[1] * span)
    return np.clip(counts, *ends, out=counts)
