"""The frames of a TIFF file, at full depth."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import tifffile

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame, to_frame
from irpoint.frames.images import note_orientation
from irpoint.frames.stack import Stack
from irpoint.frames.tiff_header import may_have_several
from irpoint.frames.tiff_layout import Place, find_places, is_complete, is_grey
from irpoint.frames.tiff_page import page_pixels, without_nodata

# tifffile logs its errors before it raises them; without a handler Python prints the log.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
SUFFIXES = (".tif", ".tiff")
_ORIENTATION = 274

Pixels = npt.NDArray[Any]


class TiffPages(Stack):
    """The frames of a TIFF file.

    A frame is a page at full resolution, also one that belongs to another page; a grey sample or a
    plane of a page; or pixels behind a page that states how many frames follow. Pixels with the
    value of the tag GDAL_NODATA become NaN, see :func:`irpoint.frames.tiff_page.without_nodata`.
    """

    def __init__(self, stream: BinaryIO, name: str, array: str | None = None) -> None:
        super().__init__()
        self._stream, self._name = stream, name
        self._decoded: tuple[Any, Pixels] | None = None

    def __len__(self) -> int:
        # Parsing each file completely is too slow for folders with many thousand files.
        return len(self._places) if may_have_several(self._stream) else 1

    @cached_property
    def _tiff(self) -> tifffile.TiffFile:
        self._stream.seek(0)
        # OME metadata in bytes, which may come from anywhere, must not name files of this machine.
        files = not isinstance(self._stream, io.BytesIO)
        return tifffile.TiffFile(self._stream, _multifile=files)

    @cached_property
    def _places(self) -> list[Place]:
        return find_places(self._tiff, self.notes)

    def shape(self) -> tuple[int, int]:
        page = self._only().page
        self._note_orientation(page)
        return int(page.imagelength), int(page.imagewidth)

    def only(self) -> Frame:
        return self._read(self._only())

    def read(self, index: int) -> Frame:
        return self._read(self._places[index])

    def __iter__(self) -> Iterator[Frame]:
        """The frames in order; those before a damaged one come first.

        Raises:
            FrameError: if a frame cannot be read or, after the last one, if pages are missing.
        """
        for place in self._places:
            yield self._read(place)
        if not is_complete(self._tiff):
            raise FrameError("the TIFF is truncated, and pages are missing; copy it again")

    def _only(self) -> Place:
        if len(self._places) == 1:
            return self._places[0]
        kind = "samples or planes" if self._places[0].plane is not None else "pages"
        raise FrameError(f"has {len(self._places)} {kind}; give one file per frame")

    def _read(self, place: Place) -> Frame:
        page = place.page
        if place.offset is None:
            pixels = self._page(page, keep=place.plane is not None)
            if place.plane is not None:
                pixels = pixels[place.plane]
            elif pixels.ndim == 3 and is_grey(page):
                pixels = pixels[0]  # before its transparency
        else:
            pixels = self._plain(page, place.offset)
        self._note_orientation(page)
        pixels = pixels if self.mask else without_nodata(pixels, page)
        return to_frame(pixels, self._name, self.notes)

    def _note_orientation(self, page: Any) -> None:
        tag = page.tags.get(_ORIENTATION)
        note_orientation(tag.value if tag is not None else 1, self.notes)

    def _page(self, page: Any, *, keep: bool) -> Pixels:
        """All pixels of a page; ``keep`` them, if the next frame is in the same page."""
        if self._decoded is not None and self._decoded[0] is page:
            return self._decoded[1]
        pixels = page_pixels(self._tiff, page, self._stream, self.notes)
        self._decoded = (page, pixels) if keep else None
        return pixels

    def _plain(self, page: Any, offset: int) -> Pixels:
        """Uncompressed pixels that begin at ``offset``, with the layout of a page."""
        shape = page.imagelength, page.imagewidth
        dtype = np.dtype(page.dtype).newbyteorder(self._tiff.byteorder)
        size = shape[0] * shape[1] * dtype.itemsize
        self._stream.seek(offset)
        content = self._stream.read(size)
        if len(content) < size:
            raise FrameError("the TIFF is truncated, and frames are missing; copy it again")
        return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="))
