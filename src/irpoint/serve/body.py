"""The body of a request → one frame, without trusting what its header says."""

from __future__ import annotations

import io

import tifffile
from PIL import Image

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame
from irpoint.frames.files.pictures import is_picture
from irpoint.frames.files.tiff_pages import SIGNATURES as TIFF
from irpoint.frames.formats import FORMATS, HEAD, find_format
from irpoint.frames.images import FORMATS as PICTURES
from irpoint.frames.read import FrameFile
from irpoint.serve.limits import Refused

# Containers of several arrays may refer to other files of this machine, or unpack to any size.
ACCEPTED = tuple(row for row in FORMATS if not row.arrays)
TITLES = ", ".join(row.title for row in ACCEPTED[:-1]) + f" or {ACCEPTED[-1].title}"

# None, LZW, deflate (two numbers), PackBits, LZMA, Zstandard. The others, such as JPEG, state a
# size of their own, so that a small page may unpack to gigabytes.
_BOUNDED = (1, 5, 8, 32946, 32773, 34925, 50000)


def read_body(body: bytes, name: str, max_pixels: int) -> tuple[Frame, list[str]]:
    """The frame in a body, and what its sender should know about it.

    Args:
        body: a file of one of the formats :data:`ACCEPTED`, with one frame.
        name: its name in messages.
        max_pixels: maximum number of pixels of the frame, checked before it is decoded.

    Returns:
        The frame (H, W) in the data type of the file, as ``irpoint detect`` reads it from a file;
        and one line per peculiarity, such as a palette.

    Raises:
        Refused: if the body is empty, of another format, or too large.
        FrameError: if it is damaged, is no frame, or holds several.
    """
    if not body:
        raise Refused(422, f"{name}: the body is empty; send {TITLES}")
    row = find_format(body[:HEAD])
    if row not in ACCEPTED:
        found = "not a readable format" if row is None else f"{row.title} is not accepted here"
        raise Refused(415, f"{name}: {found}; send {TITLES}")
    with FrameFile(body, name, warn=False) as file:
        _check_size(_stated_size(file, body, name), max_pixels, name)
        if body.startswith(TIFF):
            _check_compression(body, name)
        frame = file.only()
        _check_size((frame.shape[0], frame.shape[1]), max_pixels, name)
        return frame, [note.text for note in file.notes]


def _stated_size(file: FrameFile, body: bytes, name: str) -> tuple[int, int]:
    """(height, width) according to the header. Nothing is decoded."""
    if not is_picture(body[:HEAD]):
        return file.shape()
    try:
        with Image.open(io.BytesIO(body), formats=PICTURES) as image:
            return image.height, image.width
    except Image.DecompressionBombError as error:  # beyond 179 million pixels
        raise Refused(413, f"{name}: too many pixels; send parts of it") from error
    except Exception as error:  # Pillow raises errors of any type
        raise FrameError(f"{name}: damaged header; copy or export it again") from error


def _check_size(size: tuple[int, int], max_pixels: int, name: str) -> None:
    if size[0] * size[1] > max_pixels:
        raise Refused(
            413, f"{name}: {size[1]}x{size[0]} is more than {max_pixels} pixels; send parts of it"
        )


def _check_compression(body: bytes, name: str) -> None:
    with tifffile.TiffFile(io.BytesIO(body)) as tiff:
        for page in tiff.pages:
            for part in (page, *(page.pages or ())):
                if part.compression not in _BOUNDED:
                    kind = getattr(part.compression, "name", part.compression)
                    raise Refused(
                        415,
                        f"{name}: TIFF with compression {kind} is not accepted here; save it with "
                        "deflate, LZW, Zstandard or without compression",
                    )
