"""Which frames a TIFF file holds: not every page is one, and not every frame has a page.

Thumbnails, the levels of pyramids and masks are pages that are no frames. Some programs write a
stack of frames as the samples or planes of one page (cameras, GIS), or one page and the number of
frames that follow its pixels without pages of their own (ImageJ beyond 4 GB, MetaMorph, tifffile).
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import tifffile
from PIL import Image

from irpoint.errors import FrameError
from irpoint.frames.notes import Note

WHITE_IS_ZERO, RGB, PALETTE = 0, 2, 3
_BLACK_IS_ZERO = 1
_NUMBERS = (
    "imagewidth", "imagelength", "imagedepth", "samplesperpixel", "bitspersample", "rowsperstrip",
    "tilewidth", "tilelength", "tiledepth", "compression", "photometric", "subfiletype",
    "planarconfig", "predictor",
)  # fmt: skip
_REDUCED, _MASK = 1, 4  # bits of the tag NewSubfileType
_ALPHA = (1, 2)  # extra samples: premultiplied and plain transparency


@dataclass(frozen=True, eq=False)
class Place:
    """Where a frame is in the file.

    Attributes:
        page: a page of tifffile.
        plane: number of the sample or plane of the page; None if the page is one frame.
        offset: position of the pixels in the file, if they follow those of the page; else None.
    """

    page: Any
    plane: int | None = None
    offset: int | None = None


def find_places(tiff: tifffile.TiffFile, notes: list[Note]) -> list[Place]:
    """The frames of a file in order. A note is appended if images are left out.

    Raises:
        FrameError: if it cannot be told what the samples of a page are.
    """
    images, left_out = _images(tiff)
    if not images and left_out:  # there is nothing better
        largest = max(_pixels(page) for page in left_out)
        images = [page for page in left_out if _pixels(page) == largest]
        left_out = [page for page in left_out if _pixels(page) < largest]
    if left_out:
        sizes = sorted({(page.imagewidth, page.imagelength) for page in left_out}, reverse=True)
        some = ", ".join(f"{width}x{height}" for width, height in sizes[:3])
        notes.append(
            Note(
                "left-out-images",
                f"{len(left_out)} of its images are thumbnails, levels of a pyramid or masks "
                f"({some}), and are not read",
            )
        )
    if len(images) == 1:
        return _frames_behind(tiff, images[0]) or _frames_within(images[0])
    return [place for page in images for place in _frames_within(page)]


def is_grey(page: Any) -> bool:
    """Whether the samples of a page are intensities, not colours."""
    return page.photometric in (WHITE_IS_ZERO, _BLACK_IS_ZERO)


def alpha_samples(page: Any) -> set[int]:
    """Numbers of the samples of a page that are transparency."""
    first = page.samplesperpixel - len(page.extrasamples)
    return {first + at for at, kind in enumerate(page.extrasamples) if kind in _ALPHA}


def is_complete(tiff: tifffile.TiffFile) -> bool:
    """Whether the last page is the last one. If it refers to a next one, the file is truncated."""
    file, layout = tiff.filehandle, tiff.tiff
    page: Any = tiff.pages[-1]
    file.seek(page.offset)
    (tags,) = struct.unpack(layout.tagnoformat, file.read(layout.tagnosize))
    file.seek(page.offset + layout.tagnosize + tags * layout.tagsize)
    return not any(file.read(layout.offsetsize))


def _images(tiff: tifffile.TiffFile) -> tuple[list[Any], list[Any]]:
    """The pages at full resolution, and the others; pages that belong to another are included."""
    full: list[Any] = []
    others: list[Any] = []
    seen: set[int] = set()
    for page in _checked(tiff.pages, seen):
        parent_is_frame = not page.subfiletype & (_REDUCED | _MASK)
        (full if parent_is_frame else others).append(page)
        for part in _checked(page.pages or (), seen):
            # The image of a raw photograph belongs to its thumbnail. A part that is smaller than
            # its page is a level of a pyramid, even if it does not say so.
            whole = not part.subfiletype & (_REDUCED | _MASK)
            same_size = _pixels(part) == _pixels(page)
            (full if whole and (same_size or not parent_is_frame) else others).append(part)
    return full, others


def _checked(pages: Iterable[Any], seen: set[int]) -> Iterator[Any]:
    """Pages with a valid header. ``seen`` are the positions of those read before."""
    for page in pages:
        if page.offset in seen:
            raise FrameError("the TIFF is damaged (its pages refer to each other in a circle)")
        seen.add(page.offset)
        _check_header(page)
        yield page


def _check_header(page: Any) -> None:
    """Raise a :class:`FrameError` if a field is not the single number that it has to be."""
    for field in _NUMBERS:
        value = getattr(page, field)
        if not isinstance(value, int) or value < 0:
            raise FrameError(f"the TIFF is damaged (its {field} is not a number)")
    # Pillow's own limit: a header with more pixels is damaged, or an attack on memory.
    limit = 2 * (Image.MAX_IMAGE_PIXELS or sys.maxsize)
    size = _pixels(page) * page.imagedepth * max(1, page.samplesperpixel)
    tile = page.tilewidth * page.tilelength * max(1, page.tiledepth)
    if max(size, tile) > limit:
        raise FrameError(f"{page.imagewidth}x{page.imagelength} is more than {limit} pixels")


def _pixels(page: Any) -> int:
    return int(page.imagewidth) * int(page.imagelength)


def _frames_within(page: Any) -> list[Place]:
    if page.imagedepth != 1:
        return [Place(page, plane) for plane in range(page.imagedepth)]
    samples = page.samplesperpixel
    if not is_grey(page):
        # The fourth sample of a colour is taken for transparency, which not every program states.
        if samples > 4:
            raise FrameError(
                f"has {samples} samples per pixel, which may be frames or bands; save each one as "
                "a page of its own"
            )
        return [Place(page)]
    planes = [sample for sample in range(samples) if sample not in alpha_samples(page)]
    return [Place(page)] if len(planes) == 1 else [Place(page, plane) for plane in planes]


def _frames_behind(tiff: tifffile.TiffFile, page: Any) -> list[Place]:
    """The frames of a page whose metadata states that others follow its pixels; else none."""
    count = _stated_frames(tiff, page)
    if count < 2:
        return []
    if page.samplesperpixel != 1 or page.compression != 1 or page.bitspersample % 8:
        raise FrameError(
            f"states {count} frames but has one page, and cannot be taken apart; save each frame "
            "as a page of its own"
        )
    size = page.imagewidth * page.imagelength * page.bitspersample // 8
    start = min(page.dataoffsets)
    return [Place(page, offset=start + number * size) for number in range(count)]


def _stated_frames(tiff: tifffile.TiffFile, page: Any) -> int:
    # ImageJ stores a stack of more than 4 GB as one page and a count.
    count = int((tiff.imagej_metadata or {}).get("images", 1))
    try:
        series: Any = tiff.series[0]
        size = math.prod(page.shape)
        if len(series.pages) <= 1 or series.dataoffset is not None:
            count = max(count, math.prod(series.shape) // size if size else 1)
    except Exception:  # metadata that does not fit the page states nothing
        return count
    return count
