"""Small files that state, or unpack to, frames of many pixels."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import tifffile

from experiments.fuzz.frame_seeds import frame, image_bytes, png_bytes
from experiments.fuzz.kind import Seed

_SIDES = (9_000, 30_000, 65_500)


def bombs() -> Iterator[Seed]:
    """Files that are read as they are, without damage."""
    for side in _SIDES:
        for name, content in _stated(side):
            yield Seed({name: content}, name)
    for side in (4_096, 13_000):
        zeros = zlib.compress(bytes((side + 1) * side))
        yield Seed({"frame.png": png_bytes(side, side, zeros)}, "frame.png")


def _stated(side: int) -> Iterator[tuple[str, bytes]]:
    """Headers that state ``side`` rows and columns, with few pixels behind them."""
    data = zlib.compress(bytes(1000))
    for depth, colour in ((8, 0), (16, 0), (16, 2)):
        yield "frame.png", png_bytes(side, side, data, depth, colour)
    bmp, gif, jpeg = (image_bytes(frame(), kind) for kind in ("BMP", "GIF", "JPEG"))
    yield "frame.bmp", _replaced(bmp, 18, struct.pack("<ii", side, side))
    yield "frame.gif", _replaced(gif, 6, struct.pack("<HH", side, side))
    yield "frame.jpg", _replaced(jpeg, jpeg.index(b"\xff\xc0") + 5, struct.pack(">HH", side, side))
    yield "frame.pgm", f"P5\n{side} {side}\n65535\n".encode() + bytes(1000)
    for shape in ((side, side), (side, side, 3), (side, 100, 100)):
        stream = io.BytesIO()
        header = {"descr": "<f8", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        yield "frame.npy", stream.getvalue() + bytes(1000)
    for compression in (None, "zlib", "lzma"):
        yield "frame.tif", _tiff(side, compression)


def _replaced(content: bytes, start: int, field: bytes) -> bytes:
    return content[:start] + field + content[start + len(field) :]


def _tiff(side: int, compression: str | None) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, frame("uint16"), compression=compression)
    tiff = bytearray(stream.getvalue())
    with tifffile.TiffFile(io.BytesIO(tiff)) as file:
        for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            tag = file.pages.first.tags[name]
            struct.pack_into("<I" if tag.dtype == 4 else "<H", tiff, tag.valueoffset, side)
    return bytes(tiff)
