"""The pixels of one TIFF page, with tifffile or, if a library for its compression lacks, Pillow."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from irpoint.errors import FrameError, one_line
from irpoint.frames.images import image_array
from irpoint.frames.notes import Note
from irpoint.frames.tiff_layout import PALETTE, RGB, WHITE_IS_ZERO, alpha_samples, is_grey
from irpoint.frames.tiff_segments import check_segments, use_gaps

_NODATA = 42113  # the tag GDAL_NODATA
# Compressions in which Pillow undoes a predictor: LZW, deflate in its variants, Zstandard.
_PREDICTED = (5, 8, 32946, 50000)

Pixels = npt.NDArray[Any]


def page_pixels(tiff: tifffile.TiffFile, page: Any, stream: BinaryIO, notes: list[Note]) -> Pixels:
    """Pixels of a page in the data type of the file.

    Returns:
        (H, W); (H, W, 3) for colours, without transparency; or (N, H, W) for N planes or samples of
        grey, with transparency.

    Raises:
        FrameError: if the page is truncated, damaged, or needs a library that is not installed.
    """
    check_segments(tiff, page, notes)
    try:
        array = _decode(page)
    except Exception as error:  # decoders raise errors of any type for damaged bytes
        if _lacks_library(error):
            return _pillow_array(stream, page)
        if not use_gaps(tiff, page, notes):
            raise
        array = _decode(page)
    return _pillow_array(stream, page) if array is None else array


def without_nodata(pixels: Pixels, page: Any) -> Pixels:
    """The pixels with NaN where they have the value of the tag GDAL_NODATA.

    If there are such pixels, integers of up to 16 bits become float32, which holds them exactly,
    and wider ones float64.
    """
    tag = page.tags.get(_NODATA)
    try:
        nodata = float(str(tag.value).strip("\0 ")) if tag is not None else np.nan
    except ValueError:
        return pixels
    if np.isnan(nodata) or pixels.dtype.kind not in "uif":
        return pixels
    with np.errstate(over="ignore"):
        missing = pixels == (pixels.dtype.type(nodata) if pixels.dtype.kind == "f" else nodata)
    if not missing.any():
        return pixels
    real = pixels.astype(np.float32 if pixels.dtype.itemsize <= 2 else np.float64)
    if pixels.dtype.kind == "f":
        real = pixels.copy()
    real[missing] = np.nan
    return real


def _lacks_library(error: Exception) -> bool:
    return "imagecodecs" in str(error) or isinstance(error, ImportError)


def _decode(page: Any) -> Pixels | None:
    """Pixels of a page with its photometric interpretation applied; None if Pillow must decode."""
    if not is_grey(page) and page.photometric not in (RGB, PALETTE):
        return None
    array = np.asarray(page.asarray())
    if page.photometric == PALETTE:
        return _palette_colours(array, page.colormap)
    if page.photometric == WHITE_IS_ZERO and array.dtype.kind in "bu":
        full = True if array.dtype.kind == "b" else array.dtype.type(2**page.bitspersample - 1)
        array = array ^ full
    if array.ndim == 3 and page.photometric == RGB:
        return np.moveaxis(array, 0, -1)[..., :3] if page.axes == "SYX" else array[..., :3]
    if array.ndim == 3 and page.axes == "YXS":
        array = np.moveaxis(array, -1, 0)
    if array.ndim not in (2, 3):
        raise FrameError(f"shape {array.shape} is not one frame; give one file per frame")
    return array


def _palette_colours(index: Pixels, colours: Pixels) -> Pixels:
    # The table has 16 bits; writers store an 8-bit colour v as v * 257 or v * 256.
    table = np.asarray(colours, np.uint16).T
    if np.array_equal(table >> 8, table & 255) or not (table & 255).any():
        table = (table >> 8).astype(np.uint8)
    pixels: Pixels = table[index]
    return pixels


def _pillow_array(stream: BinaryIO, page: Any) -> Pixels:
    bits, signed = page.bitspersample, page.dtype is not None and page.dtype.kind == "i"
    part = len(page.treeindex) > 1  # Pillow does not know it
    several = is_grey(page) and page.samplesperpixel - len(alpha_samples(page)) > 1
    predicted = page.predictor != 1 and page.compression not in _PREDICTED
    if part or several or predicted or page.imagedepth > 1 or bits in (2, 4):
        raise _unreadable(page)
    stream.seek(0)
    try:
        with Image.open(stream, formats=("TIFF",)) as image:
            image.seek(page.index)
            grey = image.mode == "F" or image.mode.startswith("I")
            if bits > 8 and not (grey and bits in (16, 32)):
                raise _unreadable(page)
            array = image_array(image)
    except FrameError:
        raise
    except Exception as error:  # Pillow raises errors of any type
        raise _unreadable(page, error) from error
    if bits <= 8:
        return array.view(np.int8) if signed and bits == 8 else array
    array = array.astype(page.dtype, copy=False)
    # Pillow inverts white-is-zero at 8 bits only.
    return ~array if page.photometric == WHITE_IS_ZERO and array.dtype.kind == "u" else array


def _unreadable(page: Any, error: Exception | None = None) -> FrameError:
    kind = getattr(page.compression, "name", page.compression)
    colours = getattr(page.photometric, "name", page.photometric)
    what = f"{page.bitspersample}-bit pixels ({colours}, compression {kind})"
    if find_spec("imagecodecs") is None:
        return FrameError(f"{what} need imagecodecs; run pip install 'irpoint[tiff]'")
    reason = f" ({one_line(error)})" if error else ""
    return FrameError(f"{what} cannot be read{reason}; save the file uncompressed")
