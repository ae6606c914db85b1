"""A frame made ready for a network: foreign pixels filled, levels measured, status judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame
from irpoint.frames.foreign import find_foreign
from irpoint.frames.glare import find_glare
from irpoint.frames.levels import Mask, Normalisation, clip_to_levels, levels, scene_sample
from irpoint.frames.overlaid import bounding_box
from irpoint.points import Status

Image2D = npt.NDArray[np.float32]

_BLINDED = 0.5  # span without the halo of a sun, over that with it, if the halo hides the scene
_SATURATED = 0.5  # fraction of pixels at full scale
_ROUNDING = 3  # counts; a constant scene spans as much after rounding
_SMALL = 8  # px; in strips of five rows and fewer, networks miss a fifth of bright targets and more

_WINDOW = 9  # px; foreign pixels take the mean of the scene in this window
_MIN_SCENE = 0.4  # of a window around a pixel that others take; an island of scene has less


@dataclass(frozen=True)
class Scene:
    """A frame made ready for a network.

    Attributes:
        counts: float32 (H, W), in frame counts, clipped to five spans above and one below the
            levels, foreign pixels filled with what surrounds them.
        levels: (low, high) in counts, which become 0 and 1 in the network input.
        foreign: bool (H, W), pixels that show no scene; None if there are none.
        status: ``ok``; or why nothing can be found in the frame, see :func:`judge`.
    """

    counts: Image2D
    levels: tuple[float, float]
    foreign: Mask | None
    status: Status


def read_scene(
    frame: Frame,
    normalisation: Normalisation = "robust",
    *,
    ignored: npt.NDArray[Any] | None = None,
    within: tuple[slice, slice] = (slice(None), slice(None)),
    dark: bool = False,
) -> Scene:
    """Make a frame ready for a network.

    Args:
        frame: (H, W), any integer or float type.
        normalisation: see :func:`irpoint.frames.levels.levels`.
        ignored: (H, W), not zero where the user excludes pixels.
        within: rows and columns in which levels are measured and the frame is judged.
        dark: invert the frame, so that dark targets become bright. Its counts are then those below
            the upper level.
    """
    # Published weights see frames as their publication does.
    foreign = find_foreign(frame, ignored) if normalisation == "robust" else None
    part = frame[within]
    kept = None if foreign is None else foreign[within]
    try:
        status = judge(part, kept)
        low, high = _levels(part, normalisation, kept)
    except FrameError:  # no pixel shows a scene
        nothing = np.zeros(frame.shape, np.float32)
        return Scene(nothing, (0.0, 1.0), np.ones(frame.shape, bool), "blank")
    if dark:
        frame, low, high = _invert(frame, high), 0.0, high - low
    counts = clip_to_levels(frame, low, high)
    if foreign is not None:
        counts = fill(counts, foreign, low)
    return Scene(counts, (low, high), foreign, status)


def _invert(frame: Frame, high: float) -> npt.NDArray[np.float32]:
    """How far each pixel of a frame (H, W) is below its upper level, in counts.

    The levels of the result are 0 and the span of the frame's. float32 holds it whatever the type
    of the frame, so no integer overflows, and small differences keep their digits.
    """
    with np.errstate(over="ignore"):  # a "no data" value may be as large as the type allows
        below: npt.NDArray[np.float32] = np.float32(high) - frame.astype(np.float32)
    return below


def _levels(
    frame: Frame, normalisation: Normalisation, foreign: Mask | None
) -> tuple[float, float]:
    low, high = levels(frame, normalisation, foreign)
    glare = find_glare(frame) if normalisation == "robust" else None
    if glare is None:
        return low, high
    hidden = glare if foreign is None else glare | foreign
    try:
        dim = levels(frame, normalisation, hidden)
    except FrameError:
        return low, high
    return dim if dim[1] - dim[0] < _BLINDED * (high - low) else (low, high)


def judge(frame: Frame, foreign: Mask | None = None) -> Status:
    """Whether targets can be found in a frame.

    Args:
        frame: (H, W), any integer or float type.
        foreign: bool (H, W), pixels to leave out.

    Returns:
        ``saturated`` if at least half of the pixels have the highest value that the frame or its
        type can have; ``blank`` if all pixels have one value; ``flat`` if all lie within three
        counts (integers), which is rounding noise, or within a millionth of their value (floats);
        ``interlaced`` if every second row or column is empty; ``small`` if a side has fewer than 8
        pixels, since networks do not find every target in such strips; otherwise ``ok``.

    Raises:
        FrameError: if no pixel is finite, or all are foreign.
    """
    sample = scene_sample(frame, foreign)
    if _is_narrow(sample):  # the grid may miss a target on a black sky
        sample = scene_sample(frame, foreign, step=1)
    most = sample.max()
    if most in _full_scales(frame.dtype) and np.mean(sample == most) >= _SATURATED:
        return "saturated"
    if sample.min() == most:
        return "blank"
    if _is_narrow(sample):
        return "flat"
    if min(frame.shape) < _SMALL:
        return "small"
    return "interlaced" if _lacks_a_field(frame) or _lacks_a_field(frame.T) else "ok"


def _lacks_a_field(frame: Frame) -> bool:
    """Whether the even rows, or the odd rows, have one value or none, and the others a scene."""
    columns = slice(None, None, max(1, frame.shape[1] // 64))
    scene = [_rows_with_scene(frame[first::2, columns]) for first in (0, 1)]
    return min(scene) < 0.1 and max(scene) > 0.5  # text may be in both


def _rows_with_scene(rows: Frame) -> float:
    """Fraction of rows (n, m) with different finite values."""
    if not rows.size:
        return 1.0
    varies = (rows != rows[:, :1]) & np.isfinite(rows)
    return float(np.mean(varies.any(axis=1)))


def _is_narrow(values: Frame) -> bool:
    least, most = float(values.min()), float(values.max())
    if values.dtype.kind in "ui":
        return most - least <= _ROUNDING
    return most - least <= 1e-6 * max(abs(least), abs(most))


def _full_scales(dtype: np.dtype[Any]) -> tuple[float, ...]:
    """The highest values of the converters whose counts a type can hold."""
    if dtype.kind == "f":
        return 1.0, 255.0, 65535.0
    bits = 8 * dtype.itemsize - (dtype.kind == "i")
    return tuple(2.0**n - 1 for n in (8, 10, 12, 14, 15, 16, 31, 32, 63, 64) if n <= bits)


def fill(counts: Image2D, foreign: Mask, low: float) -> Image2D:
    """Replace foreign pixels by their surroundings, so that no edge remains around them.

    Lines at the edge of the frame are replaced by a smoothed reflection of the scene, other pixels
    by the mean of the scene in a window around them, and by ``low`` if there is none.

    Args:
        counts: float32 (H, W), finite.
        foreign: bool (H, W).
        low: value of pixels that are far from the scene.
    """
    inner, lines = _without_lines(foreign)
    part, hidden = counts[inner], foreign[inner]
    if hidden.any():
        part = part.copy()
        box = bounding_box(hidden, 2 * _WINDOW)  # to save time
        part[box] = _filled_by_mean(part[box], hidden[box], low)
    if not any(map(any, lines)):
        return part
    # Smoothed, because the mirror image of a target at the edge would merge with the target.
    smooth = ndimage.uniform_filter(part, _WINDOW, mode="nearest")
    filled = np.pad(smooth, lines, mode="reflect")
    filled[inner] = part
    return filled


def _without_lines(foreign: Mask) -> tuple[tuple[slice, slice], tuple[tuple[int, int], ...]]:
    """The frame inside of foreign lines at its edges, and their number on each side."""
    inner, lines = [], []
    for axis in (0, 1):
        scene = np.flatnonzero(~foreign.all(axis=1 - axis))
        first, last = (int(scene[0]), int(scene[-1]) + 1) if scene.size else (0, len(foreign))
        inner.append(slice(first, last))
        lines.append((first, foreign.shape[axis] - last))
    return (inner[0], inner[1]), tuple(lines)


def _filled_by_mean(counts: Image2D, foreign: Mask, low: float) -> Image2D:
    """Fill foreign pixels with the mean of the scene around them."""
    scene = (~foreign).astype(np.float32)
    scene *= ndimage.uniform_filter(scene, _WINDOW, mode="nearest") >= _MIN_SCENE
    weight = ndimage.uniform_filter(scene, _WINDOW, mode="nearest")
    total = ndimage.uniform_filter((counts - low) * scene, _WINDOW, mode="nearest")
    mean = total / np.maximum(weight, np.float32(0.5 / _WINDOW**2))
    return np.where(foreign, mean + np.float32(low), counts)
