"""Decode PNG, BMP, JPEG and WebP with Pillow, at full bit depth.

Pillow itself reduces 16-bit colour to 8 bits without a warning.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from irpoint.errors import FrameError
from irpoint.frames.flir import RawThermal
from irpoint.frames.jpeg import Segment, exif_of, orientation_of, read_segments, read_trailer
from irpoint.frames.notes import Note
from irpoint.frames.radiometric import find_raw_thermal, unread_raw_data

FORMATS = ("PNG", "BMP", "JPEG", "WEBP")

_PNG_HEADER = 26  # signature (8), IHDR length and name (8), width, height (8), depth, colour (2)


_JPEG = b"\xff\xd8\xff"


def decode_image(stream: BinaryIO, name: str, notes: list[Note]) -> npt.NDArray[Any]:
    """Pixels of an image file, (H, W) or (H, W, 3), at the bit depth of the file; without alpha.

    The pixels of a radiometric JPEG are its raw frame, if that can be read.

    Args:
        stream: the file.
        name: its name in error messages.
        notes: what the user should know is appended.

    Raises:
        FrameError: if the file contains several images, or damaged raw data.
    """
    head = stream.read(_PNG_HEADER)
    stream.seek(0)
    if head.startswith(b"\x89PNG") and len(head) == _PNG_HEADER and head[24] == 16:
        colour_type = head[25]
        if colour_type != 0:
            return _png_colour_16(stream.read(), colour_type, name)
    if head.startswith(_JPEG):
        return _jpeg(stream, name, notes)
    with Image.open(stream, formats=FORMATS) as image:
        _check_single(image, name)
        pixels = image_array(image)
        note_orientation(orientation_of(image.getexif()), notes)
    return pixels


def image_shape(stream: BinaryIO, name: str, notes: list[Note]) -> tuple[int, int]:
    """(height, width) of the pixels that :func:`decode_image` returns, from the header only."""
    head = stream.read(len(_JPEG))
    stream.seek(0)
    raw = _raw_thermal(stream, name)[0] if head == _JPEG else None
    stream.seek(0)
    with Image.open(stream, formats=FORMATS) as image:
        note_orientation(orientation_of(image.getexif()), notes)
        if raw is None:
            return image.height, image.width
        _note_raw_size(raw.shape, image, notes)
    return raw.shape


def _jpeg(stream: BinaryIO, name: str, notes: list[Note]) -> npt.NDArray[Any]:
    raw, segments = _raw_thermal(stream, name)
    trailer = b"" if raw else read_trailer(stream)
    make, orientation = exif_of(segments)
    note_orientation(orientation, notes)
    stream.seek(0)
    with Image.open(stream, formats=FORMATS) as image:
        if raw is not None:
            _note_raw_size(raw.shape, image, notes)
            with _named(name):
                return raw.decode()
        _check_single(image, name)
        pixels = image_array(image)
    unread = unread_raw_data(segments, trailer, make)
    notes += [unread] if unread else []
    return pixels


def _raw_thermal(stream: BinaryIO, name: str) -> tuple[RawThermal | None, list[Segment]]:
    segments = read_segments(stream)
    with _named(name):
        return find_raw_thermal(segments), segments


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except FrameError as error:
        raise FrameError(f"{name}: {error}; copy or export it again") from error


def _note_raw_size(shape: tuple[int, int], picture: Image.Image, notes: list[Note]) -> None:
    raw = f"{shape[1]}x{shape[0]}"
    size = f"{picture.width}x{picture.height}"
    if raw != size:
        notes.append(
            Note(
                "raw-size",
                f"the frame is the {raw} raw data of the camera, not the {size} picture; points "
                "and labels are in pixels of the raw data",
            )
        )


def note_orientation(orientation: int, notes: list[Note]) -> None:
    """Append a note if an orientation, as in the EXIF data, is not upright."""
    if orientation != 1:
        notes.append(
            Note(
                "orientation",
                f"its EXIF orientation {orientation} is not applied: points are in pixels of the "
                "stored picture, which viewers and most labelling tools turn or mirror",
            )
        )


def image_array(image: Image.Image) -> npt.NDArray[Any]:
    """Pixels of an opened Pillow image, with its palette applied and without alpha.

    Colour has 8 bits per channel; for 16-bit colour use :func:`decode_image`.
    """
    if image.mode in ("P", "PA", "CMYK", "YCbCr", "LAB", "HSV", "RGBX", "RGBa"):
        image = image.convert("RGB")
    elif image.mode in ("LA", "La"):
        image = image.getchannel(0)
    array = np.asarray(image)
    # Pillow before 11.3 decodes 16-bit grey PNG to 32-bit integers.
    if image.mode == "I" and image.format == "PNG":
        array = array.astype(np.uint16)
    return array[..., :3] if array.ndim == 3 else array


def _check_single(image: Image.Image, name: str) -> None:
    # The other images of an MPO (a JPEG variant of phones and thermal cameras) are previews.
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    if frames > 1:
        raise FrameError(f"{name}: contains {frames} frames; give a video or one file per frame")


def _png_colour_16(data: bytes, colour_type: int, name: str) -> npt.NDArray[Any]:
    """Pixels of a 16-bit PNG with colour (type 2), grey and alpha (4) or colour and alpha (6).

    Pillow keeps one byte of each sample. Its raw modes ``;16B`` and ``;16L`` choose which one, so
    decoding with both gives all 16 bits. Grey with alpha has the row layout of 8-bit RGBA (4 bytes
    per pixel) and is decoded as such.
    """
    if colour_type == 4:
        header = bytearray(data[:33])
        header[24:26] = bytes((8, 6))
        header[29:33] = zlib.crc32(bytes(header[12:29])).to_bytes(4, "big")
        pairs = _png_bytes(bytes(header) + data[33:], None, name).astype(np.uint16)
        return pairs[..., 0] << 8 | pairs[..., 1]
    mode = "RGB" if colour_type == 2 else "RGBA"
    high = _png_bytes(data, f"{mode};16B", name).astype(np.uint16)
    low = _png_bytes(data, f"{mode};16L", name)
    return (high << 8 | low)[..., :3]


def _png_bytes(data: bytes, raw_mode: str | None, name: str) -> npt.NDArray[np.uint8]:
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        _check_single(image, name)
        if raw_mode is not None:
            tiles: list[Any] = [(*tile[:3], raw_mode) for tile in image.tile]
            image.tile = tiles
        return np.asarray(image)
