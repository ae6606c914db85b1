"""The strips and tiles of a TIFF page: whether they are complete, and their true sizes.

Some writers state wrong sizes (byte counts), or none. Decoders then fail, or fill the missing
pixels with zeros without a word.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import tifffile

from irpoint.errors import FrameError
from irpoint.frames.notes import Note

_UNCOMPRESSED, _LZW = 1, 5
# Compressions that recognise damage: deflate in its variants, LZMA, Zstandard.
_CHECKED = (8, 32946, 34925, 34926, 50000, 50013)
_LZW_END = 16  # a stream of LZW may be cut by some bytes without notice, so more are read
_TRUNCATED = "the TIFF is truncated; copy or export it again"


def check_segments(tiff: tifffile.TiffFile, page: Any, notes: list[Note]) -> None:
    """Correct the byte counts of a page, and note what is wrong or empty.

    Segments of 0 bytes are empty: GDAL leaves out those without data. tifffile fills them with the
    value of the tag GDAL_NODATA, or with 0.

    Raises:
        FrameError: if the file is truncated.
    """
    number = max(1, math.prod(page.chunked))
    offsets = tuple(page.dataoffsets[:number])
    stated = tuple(page.databytecounts[:number])
    if len(offsets) < number:
        raise FrameError(_TRUNCATED)
    counts = _corrected(tiff, page, offsets, stated)
    if counts != stated:
        page.databytecounts = counts
        notes.append(_wrong_counts())
    empty = sum(not count for count in counts)
    if empty:
        notes.append(
            Note("empty-tiles", f"{empty} of its {number} tiles or strips are empty, without data")
        )


def use_gaps(tiff: tifffile.TiffFile, page: Any, notes: list[Note]) -> bool:
    """Let each segment extend to the next one, whatever its byte count is; False if it does."""
    offsets = tuple(page.dataoffsets)
    gaps = _gaps(tiff, page, offsets)
    counts = tuple(
        gap if count else 0 for gap, count in zip(gaps, page.databytecounts, strict=True)
    )
    if counts == tuple(page.databytecounts):
        return False
    page.databytecounts = counts
    notes.append(_wrong_counts())
    return True


def _wrong_counts() -> Note:
    return Note("byte-counts", "states wrong sizes (byte counts) of its strips; they are corrected")


def _corrected(
    tiff: tifffile.TiffFile, page: Any, offsets: tuple[int, ...], stated: tuple[int, ...]
) -> tuple[int, ...]:
    size = tiff.filehandle.size
    absent = len(stated) < len(offsets) or not any(stated)
    if absent and not any(offsets):
        return (0,) * len(offsets)
    if page.compression == _UNCOMPRESSED:
        needed = _plain_sizes(page)
        counts = (
            needed if absent else tuple(n if s else 0 for n, s in zip(needed, stated, strict=True))
        )
        if any(start + count > size for start, count in zip(offsets, counts, strict=True)):
            raise FrameError(_TRUNCATED)
        enough = all(s >= n for s, n in zip(stated, counts, strict=False))
        inside = all(start + s <= size for start, s in zip(offsets, stated, strict=False))
        return stated if enough and inside and not absent else counts
    gaps = _gaps(tiff, page, offsets)
    if absent:
        return gaps
    beyond = [start for start, s in zip(offsets, stated, strict=True) if start + s > size]
    if beyond:
        at_end = max(offsets) > page.offset  # nothing tells a wrong size from a truncated file
        if at_end and page.compression not in _CHECKED:
            raise FrameError(_TRUNCATED)
        return tuple(min(pair) for pair in zip(gaps, stated, strict=True))
    if page.compression == _LZW:
        page.databytecounts = tuple(
            max(count, min(gap, count + _LZW_END)) if count else 0
            for gap, count in zip(gaps, stated, strict=True)
        )
    return stated


def _plain_sizes(page: Any) -> tuple[int, ...]:
    """Bytes of each segment without compression."""
    number = int(math.prod(page.chunked))
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    if page.is_tiled:
        rows, width = page.tilelength, page.tilewidth
        row = -(-width * samples * page.bitspersample // 8)
        return (int(rows * row * max(1, page.tiledepth)),) * number
    row = int(-(-page.imagewidth * samples * page.bitspersample // 8))
    rows = int(min(page.rowsperstrip, page.imagelength))
    strips = int(-(-page.imagelength // rows))
    last = page.imagelength - (strips - 1) * rows
    sizes = [rows * row] * (strips - 1) + [last * row]
    return tuple(sizes * (number // strips))


def _gaps(tiff: tifffile.TiffFile, page: Any, offsets: tuple[int, ...]) -> tuple[int, ...]:
    """Bytes from each segment to the next part of the file that is known."""
    known = sorted({*offsets, page.offset, tiff.filehandle.size})
    following = dict(pairwise(known))
    return tuple(following.get(offset, offset) - offset for offset in offsets)
