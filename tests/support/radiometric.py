"""Radiometric JPEG files, built byte by byte as FLIR and other makers of thermal cameras do."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

import numpy as np
from PIL import Image

PNG = b"\x89PNG\r\n\x1a\n"
CAMERA, PALETTE, EMBEDDED_IMAGE, RAW = 0x20, 0x22, 0x0E, 0x01


def jpeg(picture: np.ndarray, segments: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """A JPEG of a picture, with application segments (number, content) behind its first marker."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=90)
    stored = stream.getvalue()
    return stored[:2] + b"".join(map(segment, segments)) + stored[2:]


def segment(numbered: tuple[int, bytes]) -> bytes:
    """One application segment."""
    number, content = numbered
    return struct.pack(">BBH", 0xFF, 0xE0 + number, len(content) + 2) + content


def exif(make: str = "", orientation: int = 1) -> tuple[int, bytes]:
    """The EXIF segment, with the maker of the camera and the orientation."""
    tags = Image.Exif()
    if make:
        tags[0x10F] = make
    tags[0x112] = orientation
    return 1, tags.tobytes() if tags.tobytes().startswith(b"Exif") else b"Exif\0\0" + tags.tobytes()


def png(pixels: np.ndarray, *, swapped: bool) -> bytes:
    """A 16-bit PNG; ``swapped`` with the bytes of each pixel in the wrong order."""
    stream = io.BytesIO()
    Image.fromarray(pixels.byteswap() if swapped else pixels).save(stream, "PNG")
    return stream.getvalue()


def raw_record(pixels: np.ndarray, order: str = "<", content: bytes | None = None) -> bytes:
    """A record of type 1: a header of 32 bytes, then plain pixels or ``content``."""
    height, width = pixels.shape
    header = struct.pack(f"{order}16H", 2, width, height, *[0] * 13)
    return header + (pixels.astype(f"{order}u2").tobytes() if content is None else content)


def fff(records: Sequence[tuple[int, int, bytes]], order: str = ">") -> bytes:
    """An FFF file of records (type, subtype, content), with a free one behind them."""
    count = len(records) + 1
    body, entries, offset = b"", b"", 64 + 32 * count
    for kind, subtype, content in (*records, (0, 0, b"")):
        entries += struct.pack(
            f"{order}HHIIIIIII", kind, subtype, 101, 1, offset, len(content), 0, 0, 0
        )
        body += content
        offset += len(content)
    header = b"FFF\0" + b"MTX IR\0".ljust(16, b"\0")
    header += struct.pack(f"{order}4I", 100, 64, count, 2)
    return header.ljust(64, b"\0") + entries + body


def flir_segments(content: bytes, size: int = 65_525) -> list[tuple[int, bytes]]:
    """APP1 segments with the chunks of an FFF file."""
    parts = [content[start : start + size] for start in range(0, len(content), size)]
    last = len(parts) - 1
    return [(1, b"FLIR\0\x01" + bytes((number, last)) + part) for number, part in enumerate(parts)]


def flir_jpeg(pixels: np.ndarray, picture: np.ndarray) -> bytes:
    """What many FLIR cameras write: little-endian raw data beside a picture."""
    records = [(CAMERA, 1, bytes(64)), (RAW, 2, raw_record(pixels))]
    return jpeg(picture, [exif("FLIR Systems AB"), *flir_segments(fff(records))])
