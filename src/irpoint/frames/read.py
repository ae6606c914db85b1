"""Read a frame from a file, from bytes or from a stream, at full bit depth.

A frame is the image as stored: orientation tags and colour profiles are not applied. The image of a
radiometric JPEG is the raw data of the camera.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from PIL import UnidentifiedImageError

from irpoint.errors import FrameError, one_line
from irpoint.frames.arrays import Frame, as_frame, to_frame
from irpoint.frames.images import decode_image, image_shape
from irpoint.frames.notes import Note, report
from irpoint.frames.tiff import (
    TIFF_SUFFIXES,
    decode_page,
    decode_pages,
    decode_tiff,
    page_numbers,
    tiff_shape,
)

__all__ = ["READABLE_SUFFIXES", "as_frame", "frame_shape", "read_frame"]

READABLE_SUFFIXES = (".png", *TIFF_SUFFIXES, ".bmp", ".jpg", ".jpeg", ".webp", ".npy")
_FORMATS = "PNG, TIFF, BMP, JPEG, WebP or .npy"

_Format = Literal["image", "tiff", "npy"]


def read_frame(
    source: str | Path | bytes | BinaryIO, name: str | None = None, *, mask: bool = False
) -> Frame:
    """Read one frame.

    A radiometric JPEG of FLIR gives its raw data, which often has fewer pixels than its picture. A
    frame that may not be what it seems (colours, raw data that cannot be read, an orientation tag)
    gives a :class:`irpoint.errors.FrameWarning`.

    Args:
        source: a path; ``"-"`` for standard input; the bytes of a file; or a binary stream, which
            is read to its end. PNG, TIFF, BMP, JPEG, WebP or .npy, recognised by content, not by
            suffix.
        name: name of the source in error messages; by default its path.
        mask: the file is not a frame but marks pixels, for example in red, which is no reason for
            a warning.

    Returns:
        (H, W) in the data type of the file; see :func:`as_frame` for colour. A 1-bit file gives 0
        and 1; a palette is applied.

    Raises:
        FrameError: if the source is missing, empty, damaged, of another format, or contains several
            frames.
    """
    name = name or _name_of(source)
    with _opened(source, name) as stream, _one_line_errors(name):
        file_format = _detect_format(stream, name)
        notes: list[Note] = []
        if file_format == "npy":
            pixels = _npy_array(stream, name)
        elif file_format == "tiff":
            pixels = decode_tiff(stream, name)
        else:
            pixels = decode_image(stream, name, notes)
        frame = to_frame(pixels, name, notes)
    if not mask:
        report(notes, name)
    return frame


def read_pages(source: str | Path) -> Iterator[Frame]:
    """Frames (H, W) of a TIFF of one or several pages, one at a time.

    Raises:
        FrameError: as :func:`read_frame`. If a page is damaged, the pages before it are yielded
            first.
    """
    name = _name_of(source)
    with _opened(source, name) as stream, _one_line_errors(name):
        if _detect_format(stream, name) != "tiff":
            yield read_frame(source)  # another format under the suffix of a TIFF
            return
        for pixels in decode_pages(stream, name):
            yield as_frame(pixels, name)


def read_page(source: Path, index: int) -> Frame:
    """Frame ``index`` of a TIFF, counted from 0 as :func:`read_pages` yields them.

    Raises:
        FrameError: as :func:`read_frame`, and if there is no such page.
    """
    name = str(source)
    with _opened(source, name) as stream, _one_line_errors(name):
        if _detect_format(stream, name) != "tiff":
            return read_frame(source)
        numbers = _page_numbers(source, source.stat().st_mtime_ns)
        if not 0 <= index < len(numbers):
            raise FrameError(f"{name}: no page {index}; it has {len(numbers)} pages")
        return as_frame(decode_page(stream, numbers[index], name), name)


def count_pages(source: Path) -> int:
    """Number of frames in a TIFF, read from its headers only.

    Raises:
        FrameError: as :func:`read_frame`.
    """
    name = str(source)
    with _opened(source, name) as stream, _one_line_errors(name):
        if _detect_format(stream, name) != "tiff":
            return 1
        return len(_page_numbers(source, source.stat().st_mtime_ns))


@lru_cache(maxsize=64)
def _page_numbers(source: Path, modified_ns: int) -> tuple[int, ...]:
    """Numbers of the pages that are frames, cached until the file is modified."""
    with source.open("rb") as stream:
        return page_numbers(stream)


def frame_shape(path: str | Path) -> tuple[int, int]:
    """(height, width) in pixels of an image file, read from its header only.

    Raises:
        FrameError: as :func:`read_frame`, for errors that the header shows.
    """
    name = str(path)
    with _opened(path, name) as stream, _one_line_errors(name):
        file_format = _detect_format(stream, name)
        if file_format == "tiff":
            return tiff_shape(stream, name)
        if file_format == "npy":
            shape, _ = _npy_header(stream)
            if len(shape) not in (2, 3):
                raise FrameError(f"{name}: shape {shape} is not one frame; give one file per frame")
            return shape[0], shape[1]
        notes: list[Note] = []
        shape = image_shape(stream, name, notes)
    report(notes, name)
    return shape


def _npy_array(stream: BinaryIO, name: str) -> Frame:
    _, dtype = _npy_header(stream)
    if dtype.hasobject:
        raise FrameError(f"{name}: contains Python objects, not pixels; save an array of numbers")
    stream.seek(0)
    array: Frame = np.lib.format.read_array(stream, allow_pickle=False)
    return array


def _npy_header(stream: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    return shape, dtype


def _detect_format(stream: BinaryIO, name: str) -> _Format:
    head = stream.read(16)
    stream.seek(0)
    if not head:
        raise FrameError(f"{name}: empty; copy or export it again")
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "tiff"
    if head.startswith(b"\x93NUMPY"):
        return "npy"
    webp = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    if webp or head.startswith((b"\x89PNG", b"BM", b"\xff\xd8\xff")):
        return "image"
    raise FrameError(f"{name}: not a readable format; give {_FORMATS}")


def _name_of(source: str | Path | bytes | BinaryIO) -> str:
    if isinstance(source, bytes):
        return "bytes"
    if isinstance(source, str | Path):
        return "standard input" if str(source) == "-" else str(source)
    return str(getattr(source, "name", "stream"))


@contextmanager
def _opened(source: str | Path | bytes | BinaryIO, name: str) -> Iterator[BinaryIO]:
    """A seekable stream of ``source``."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif not isinstance(source, str | Path):
        yield io.BytesIO(source.read())
    elif str(source) == "-":
        yield io.BytesIO(sys.stdin.buffer.read())
    else:
        with _file(Path(source), name) as stream:
            yield stream


def _file(path: Path, name: str) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise FrameError(f"{name}: no such file; check the path") from error
    except IsADirectoryError as error:
        raise FrameError(f"{name}: a folder, not a file; give a file in it") from error
    except (OSError, ValueError) as error:
        raise FrameError(f"{name}: cannot be opened ({one_line(error)})") from error


@contextmanager
def _one_line_errors(name: str) -> Iterator[None]:
    try:
        yield
    except FrameError:
        raise
    except UnidentifiedImageError as error:
        raise FrameError(f"{name}: damaged header; copy or export it again") from error
    except Exception as error:  # decoders raise errors of any type for damaged bytes
        raise FrameError(f"{name}: damaged ({one_line(error)}); copy or export it again") from error
