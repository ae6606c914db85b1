"""The pages of a TIFF file. Each page is a frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cached_property
from typing import Any, BinaryIO

import numpy.typing as npt

from irpoint.frames.arrays import Frame, to_frame
from irpoint.frames.stack import Stack
from irpoint.frames.tiff import decode_page, decode_pages, decode_tiff, page_numbers, tiff_shape

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


class TiffPages(Stack):
    """The pages of a TIFF file that are frames."""

    def __init__(self, stream: BinaryIO, name: str, array: str | None = None) -> None:
        super().__init__()
        self._stream, self._name = stream, name

    def __len__(self) -> int:
        # Reading one page finds its own errors, so its directory is not parsed here.
        return len(self._numbers) if _has_second_page(self._stream) else 1

    @cached_property
    def _numbers(self) -> tuple[int, ...]:
        self._stream.seek(0)
        return page_numbers(self._stream)

    def shape(self) -> tuple[int, int]:
        self._stream.seek(0)
        return tiff_shape(self._stream, self._name)

    def only(self) -> Frame:
        self._stream.seek(0)
        return self._frame(decode_tiff(self._stream, self._name))

    def read(self, index: int) -> Frame:
        if not _has_second_page(self._stream):
            return self.only()
        self._stream.seek(0)
        return self._frame(decode_page(self._stream, self._numbers[index], self._name))

    def __iter__(self) -> Iterator[Frame]:
        """The pages in order; those before a damaged page come first."""
        self._stream.seek(0)
        for pixels in decode_pages(self._stream, self._name):
            yield self._frame(pixels)

    def _frame(self, pixels: npt.NDArray[Any]) -> Frame:
        return to_frame(pixels, self._name, self.notes)


def _has_second_page(file: BinaryIO) -> bool:
    """Whether a TIFF file has more than one page.

    Reads the header and the offset after the first directory only: parsing each file completely is
    too slow for folders with many thousand files.
    """
    try:
        file.seek(0)
        head = file.read(16)
        order = {b"II": "<", b"MM": ">"}[head[:2]]
        big = head[2:4] in (b"+\0", b"\0+")
        (first,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
        file.seek(first)
        (tags,) = struct.unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))
        file.seek(first + (8 + 20 * tags if big else 2 + 12 * tags))
        return any(file.read(8 if big else 4))
    except (OSError, struct.error, ValueError, OverflowError):
        return False  # the error is reported when the frame is read
