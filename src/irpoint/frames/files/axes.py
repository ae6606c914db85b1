"""Which axis of an array counts its frames.

An array says nothing about its axes. NumPy and HDF5 users put frames first (T, H, W); MATLAB users
put them last (H, W, T). The convention decides, unless it would give frames of a shape that no
camera has, and the other order the shape of a common sensor. In doubt, a note says how the array is
read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from irpoint.errors import FrameError

# ``strict``: the format itself says that frames come first.
Order = Literal["first", "last", "strict"]

_COLOURS = (1, 3, 4)  # numbers of channels: grey, colour, colour with transparency
# (height, width) of common infrared sensors and of video.
_SENSORS = {
    (60, 80), (120, 160), (156, 206), (192, 256), (240, 320), (256, 320), (256, 336), (288, 384),
    (480, 640), (512, 640), (768, 1024), (1024, 1280), (576, 720), (720, 1280), (1080, 1920),
}  # fmt: skip
_SENSOR, _LANDSCAPE, _PORTRAIT, _IMPLAUSIBLE = 3, 2, 1, 0


@dataclass(frozen=True)
class Axes:
    """The meaning of the axes of an array.

    Attributes:
        time: the axis that counts frames; None if the array is one frame.
        channel: the axis of the colour channels; None if there is none.
        count: number of frames.
        shape: (height, width) of each.
        note: one line about how the array is read; empty if there is no doubt.
    """

    time: int | None
    channel: int | None
    count: int
    shape: tuple[int, int]
    note: str = ""


def find_axes(shape: tuple[int, ...], order: Order, eight_bit: bool = False) -> Axes:
    """The meaning of the axes of an array.

    Args:
        shape: (H, W); (H, W, C) with 1, 3 or 4 channels; (T, H, W) or (H, W, T); (T, H, W, C),
            (T, 1, H, W) or (H, W, C, T).
        order: the convention of the format.
        eight_bit: whether pixels are uint8, so that three channels are most likely a colour.

    Raises:
        FrameError: if the array has another shape.
    """
    if len(shape) == 2:
        return Axes(None, None, 1, (shape[0], shape[1]))
    if len(shape) == 3:
        return _three(shape, order, eight_bit)
    if len(shape) == 4:
        time, channels = (3, (2,)) if order == "last" else (0, (3, 1))
        for channel in channels:
            if shape[channel] in (_COLOURS if channel != 1 else (1,)):
                height, width = (n for axis, n in enumerate(shape) if axis not in (time, channel))
                return Axes(time, channel, shape[time], (height, width))
    raise FrameError(
        f"shape {shape} is not one frame or a stack of frames; save (H, W) or (T, H, W)"
    )


def _three(shape: tuple[int, ...], order: Order, eight_bit: bool) -> Axes:
    a, b, c = shape
    if c in _COLOURS and order != "strict":
        colour = Axes(None, 2, 1, (a, b))
        if c == 1 or eight_bit:
            return colour
        return _noted(colour, shape, f"one colour frame; for {c} frames, save (T, H, W)")
    first, last = Axes(0, None, a, (b, c)), Axes(2, None, c, (a, b))
    if order == "strict":
        return first
    usual, other = (first, last) if order == "first" else (last, first)
    if _is_better(other, usual):
        return _noted(other, shape, _described(other))
    if 0 < _plausibility(*usual.shape) <= _plausibility(*other.shape) and other.count > 1:
        return _noted(usual, shape, _described(usual))
    if usual is first and eight_bit and a in _COLOURS[1:]:
        return _noted(first, shape, f"{_described(first)}; for one colour frame, save (H, W, {a})")
    return usual


def _is_better(other: Axes, usual: Axes) -> bool:
    theirs, ours = _plausibility(*other.shape), _plausibility(*usual.shape)
    return theirs == _SENSOR > ours or (ours == _IMPLAUSIBLE and theirs >= _LANDSCAPE)


def _plausibility(height: int, width: int) -> int:
    if (height, width) in _SENSORS:
        return _SENSOR
    aspect = width / height if height else 0.0
    if 1 <= aspect <= 2:
        return _LANDSCAPE
    return _PORTRAIT if 0.5 <= aspect < 1 else _IMPLAUSIBLE


def _described(axes: Axes) -> str:
    where = "last" if axes.time else "first"
    height, width = axes.shape
    return f"{axes.count} frames of {height} × {width} pixels (height × width), frames {where}"


def _noted(axes: Axes, shape: tuple[int, ...], meaning: str) -> Axes:
    fix = "" if "save" in meaning else "; if that is wrong, save one file per frame"
    note = f"the array {shape} is read as {meaning}{fix}"
    return Axes(axes.time, axes.channel, axes.count, axes.shape, note)
