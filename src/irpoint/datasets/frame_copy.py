"""Copy a labelled frame to a file of its own."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, FrameError
from irpoint.frames.arrays import Frame
from irpoint.frames.numbered import split_number


def copy_suffix(frame: LabelledFrame) -> str:
    """The suffix of a copy: that of an image file; ``.png`` or ``.npy`` for a frame of a stack."""
    if split_number(frame.image)[1] is None:
        return frame.image.suffix
    return ".png" if _is_png(_read(frame)) else ".npy"


def copy_bytes(frame: LabelledFrame) -> bytes:
    """The content of a copy: an image file unchanged, a frame of a stack or video losslessly."""
    if split_number(frame.image)[1] is None:
        return frame.image.read_bytes()
    pixels, stream = _read(frame), io.BytesIO()
    if _is_png(pixels):
        Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    else:
        np.save(stream, pixels)
    return stream.getvalue()


def _read(frame: LabelledFrame) -> Frame:
    try:
        return frame.read()
    except FrameError as error:
        raise DatasetError(str(error)) from error


def _is_png(pixels: Frame) -> bool:
    return pixels.dtype in (np.uint8, np.uint16)
