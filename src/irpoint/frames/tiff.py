"""Decode TIFF at full depth with tifffile, or with Pillow if tifffile lacks the compression."""

from __future__ import annotations

import logging
import math
import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from irpoint.errors import FrameError
from irpoint.frames.images import image_array

# tifffile logs its errors before it raises them; without a handler Python prints the log.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

TIFF_SUFFIXES = (".tif", ".tiff")
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE = 0, 1, 2, 3
_ALPHA = (1, 2)  # extra samples: premultiplied and plain transparency


def decode_tiff(stream: BinaryIO, name: str) -> npt.NDArray[Any]:
    """Pixels of a one-page TIFF, (H, W) or (H, W, 3), in the data type of the file; without alpha.

    Raises:
        FrameError: if the file has several pages or planes, or is truncated.
    """
    with tifffile.TiffFile(stream) as tiff:
        return _pixels(tiff, _one_page(tiff, name), stream, name)


def decode_pages(stream: BinaryIO, name: str) -> Iterator[npt.NDArray[Any]]:
    """Pixels of every page, as :func:`decode_tiff` returns them, without thumbnails.

    Raises:
        FrameError: if a page cannot be decoded or, after the last page, if pages are missing.
    """
    with tifffile.TiffFile(stream) as tiff:
        if len(tiff.pages) == 1:
            yield _pixels(tiff, _one_page(tiff, name), stream, name)
        else:
            for page in _full_pages(tiff):
                yield _pixels(tiff, _one_plane(page, name), stream, name)
        if _has_next(tiff, tiff.pages[-1]):
            raise FrameError(f"{name}: the TIFF is truncated, and pages are missing; copy it again")


def decode_page(stream: BinaryIO, number: int, name: str) -> npt.NDArray[Any]:
    """Pixels of page ``number`` of the file. Thumbnails count as pages here."""
    with tifffile.TiffFile(stream) as tiff:
        return _pixels(tiff, _one_plane(tiff.pages[number], name), stream, name)


def page_numbers(stream: BinaryIO) -> tuple[int, ...]:
    """Numbers, for :func:`decode_page`, of the pages that :func:`decode_pages` yields."""
    with tifffile.TiffFile(stream) as tiff:
        return tuple(int(page.index) for page in _full_pages(tiff))


def _full_pages(tiff: tifffile.TiffFile) -> list[Any]:
    """The pages that are frames. A reduced page is a thumbnail or a level of a pyramid."""
    return [page for page in tiff.pages if not getattr(page, "is_reduced", False)]


def _has_next(tiff: tifffile.TiffFile, page: Any) -> bool:
    """Whether a page refers to a next one. If the last page does, the file is truncated."""
    file, layout = tiff.filehandle, tiff.tiff
    file.seek(page.offset)
    (tags,) = struct.unpack(layout.tagnoformat, file.read(layout.tagnosize))
    file.seek(page.offset + layout.tagnosize + tags * layout.tagsize)
    return any(file.read(layout.offsetsize))


def _pixels(tiff: tifffile.TiffFile, page: Any, stream: BinaryIO, name: str) -> npt.NDArray[Any]:
    _check_complete(tiff, page, name)
    array = _tifffile_array(page, name)
    return _pillow_array(stream, page, name) if array is None else array


def tiff_shape(stream: BinaryIO, name: str) -> tuple[int, int]:
    """(height, width) of a one-page TIFF, read from its header."""
    with tifffile.TiffFile(stream) as tiff:
        page = _one_page(tiff, name)
        return int(page.imagelength), int(page.imagewidth)


def _one_page(tiff: tifffile.TiffFile, name: str) -> Any:
    pages = _full_pages(tiff)
    # ImageJ stores a stack of more than 4 GB as one page and a count.
    count = max(len(pages), int((tiff.imagej_metadata or {}).get("images", 1)))
    if count != 1:
        raise FrameError(f"{name}: has {count} pages; give one file per frame")
    return _one_plane(pages[0], name)


def _one_plane(page: Any, name: str) -> Any:
    if page.imagedepth != 1:
        raise FrameError(f"{name}: has {page.imagedepth} planes; give one file per frame")
    # Some programs write a stack of frames, or spectral bands, as the samples of one page. To read
    # the first sample only would lose the others without a word.
    alpha = sum(kind in _ALPHA for kind in page.extrasamples)
    grey = page.photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
    # The fourth sample of a colour is taken for transparency, which not every program states.
    too_many = page.samplesperpixel - alpha > 1 if grey else page.samplesperpixel > 4
    if too_many:
        raise FrameError(
            f"{name}: has {page.samplesperpixel} samples per pixel, which may be frames or bands; "
            "save each one as a page of its own"
        )
    return page


def _check_complete(tiff: tifffile.TiffFile, page: Any, name: str) -> None:
    # Pillow's own limit: a header with more pixels is damaged, or an attack on memory.
    limit = 2 * (Image.MAX_IMAGE_PIXELS or sys.maxsize)
    if math.prod(page.shape) > limit:
        raise FrameError(f"{name}: {page.shape} is more than {limit} pixels; export it again")
    # tifffile fills missing data with zeros.
    size = tiff.filehandle.size
    parts = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    complete = len(parts) >= max(1, math.prod(page.chunked))
    if not complete or any(not count or start + count > size for start, count in parts):
        raise FrameError(f"{name}: the TIFF is truncated; copy or export it again")


def _tifffile_array(page: Any, name: str) -> npt.NDArray[Any] | None:
    """Pixels of a page with its photometric interpretation applied; None if Pillow must decode."""
    if page.photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE):
        return None
    try:
        array = np.asarray(page.asarray())
    except (ValueError, ImportError) as error:
        if "imagecodecs" in str(error):
            return None
        raise
    if page.photometric == _PALETTE:
        return _palette_colours(array, page.colormap)
    if array.ndim == 3:
        if page.axes == "SYX":
            array = np.moveaxis(array, 0, -1)
        array = array[..., :3] if page.photometric == _RGB else array[..., 0]
    if page.photometric == _WHITE_IS_ZERO and array.dtype.kind in "bu":
        full = True if array.dtype.kind == "b" else array.dtype.type(2**page.bitspersample - 1)
        array = array ^ full
    if array.ndim not in (2, 3):
        raise FrameError(f"{name}: shape {array.shape} is not one frame; give one file per frame")
    return array


def _palette_colours(index: npt.NDArray[Any], colours: npt.NDArray[Any]) -> npt.NDArray[Any]:
    # The table has 16 bits; writers store an 8-bit colour v as v * 257 or v * 256.
    table = np.asarray(colours, np.uint16).T
    if np.array_equal(table >> 8, table & 255) or not (table & 255).any():
        table = (table >> 8).astype(np.uint8)
    pixels: npt.NDArray[Any] = table[index]
    return pixels


def _pillow_array(stream: BinaryIO, page: Any, name: str) -> npt.NDArray[Any]:
    stream.seek(0)
    with Image.open(stream, formats=("TIFF",)) as image:
        image.seek(page.index)
        bits = page.bitspersample
        grey = image.mode == "F" or image.mode.startswith("I")
        if bits > 8 and not (grey and bits in (16, 32)):
            raise FrameError(
                f"{name}: {bits}-bit pixels with {page.compression.name} compression cannot be "
                "read at full depth; save the file uncompressed or install imagecodecs"
            )
        array = image_array(image)
    if bits <= 8:
        return array
    array = array.astype(page.dtype, copy=False)
    # Pillow inverts white-is-zero at 8 bits only.
    return ~array if page.photometric == _WHITE_IS_ZERO and array.dtype.kind == "u" else array
