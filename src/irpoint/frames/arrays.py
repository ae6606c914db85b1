"""Convert arrays and Pillow images to 2-D frames: the rules for colour and data types."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from irpoint.errors import FrameError
from irpoint.frames.colours import colour_note
from irpoint.frames.images import image_array
from irpoint.frames.notes import Note, report

Frame = npt.NDArray[Any]

# Rec. ITU-R BT.601, section 2.5.1: the weights of most grey-scale conversions.
_LUMINANCE = (0.299, 0.587, 0.114)


def as_frame(array: object, name: str = "array") -> Frame:
    """Convert an array to one frame.

    Args:
        array: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of integers, booleans or real numbers; or
            a Pillow image, whose palette is applied. A fourth channel is treated as alpha and
            ignored. Pixels may be infinite or NaN.
        name: name of the array in error messages.

    Returns:
        (H, W), C-contiguous, in native byte order:

        * equal colour channels give one of them, with its type;
        * colour channels that differ give the luminance (BT.601) as float32, not rounded;
        * booleans become uint8 (0 and 1), float16 becomes float32;
        * masked pixels of a NumPy masked array become NaN.

    Colours that are more than a tint, such as those of a palette, give a
    :class:`irpoint.errors.FrameWarning`.

    Raises:
        FrameError: if the array has another shape or type, is empty, or has no finite pixel.
    """
    notes: list[Note] = []
    frame = to_frame(array, name, notes)
    report(notes, name)
    return frame


def to_frame(array: object, name: str, notes: list[Note]) -> Frame:
    """:func:`as_frame`, except that notes are appended instead of reported."""
    try:
        if isinstance(array, np.ma.MaskedArray) and array.mask.any():
            real = array.astype(np.result_type(array.dtype, np.float32))
            array = np.ma.filled(real, np.nan)
        frame = np.asarray(image_array(array) if isinstance(array, Image.Image) else array)
    except ValueError as error:
        raise FrameError(f"{name}: not an array of pixels; give rows of equal length") from error
    frame = _plain_type(frame, name)
    if frame.ndim not in (2, 3) or (frame.ndim == 3 and frame.shape[2] not in (1, 3, 4)):
        raise FrameError(
            f"{name}: shape {frame.shape} is not one frame; "
            "give (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), one frame at a time"
        )
    if frame.size == 0:
        raise FrameError(f"{name}: no pixels (shape {frame.shape}); give a non-empty frame")
    if frame.ndim == 3:
        frame = _grey(frame, notes)
    if frame.dtype.kind == "f" and not np.isfinite(frame).any():
        raise FrameError(f"{name}: no finite pixel; check how the frame was made")
    return np.ascontiguousarray(frame)


def _plain_type(frame: Frame, name: str) -> Frame:
    kind = frame.dtype.kind
    if kind == "b":
        return frame.astype(np.uint8)
    if kind not in "uif":
        raise FrameError(
            f"{name}: cannot use pixels of type {frame.dtype}; give integers or real numbers"
        )
    if kind == "f" and frame.dtype.itemsize not in (4, 8):
        return frame.astype(np.float32 if frame.dtype.itemsize == 2 else np.float64)
    return frame.astype(frame.dtype.newbyteorder("="), copy=False)


def _grey(frame: Frame, notes: list[Note]) -> Frame:
    red = frame[..., 0]
    if frame.shape[2] == 1:
        return red
    nan_equal = frame.dtype.kind == "f"
    if all(np.array_equal(red, frame[..., i], equal_nan=nan_equal) for i in (1, 2)):
        return red
    note = colour_note(frame)
    notes += [note] if note else []
    # float32 holds 16-bit values exactly; wider ones are summed in float64 and rounded once.
    precision = np.float32 if frame.dtype.itemsize <= 2 else np.float64
    grey = np.zeros(red.shape, precision)
    # Infinities of opposite sign in two channels give NaN, which normalisation replaces.
    with np.errstate(invalid="ignore", over="ignore"):
        for channel, weight in enumerate(_LUMINANCE):
            grey += precision(weight) * frame[..., channel]
        return grey.astype(np.float32, copy=False)
