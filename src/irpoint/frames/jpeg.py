"""The segments of a JPEG file, which hold the metadata and, in thermal cameras, the raw data."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from PIL import Image

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_WITHOUT_LENGTH = (0x01, *range(0xD0, _START))
_APP0, _APP15 = 0xE0, 0xEF
_MAKE, _ORIENTATION = 0x10F, 0x112  # tags of EXIF


class Segment(NamedTuple):
    """An application segment.

    Attributes:
        number: 1 for APP1, and so on.
        content: the bytes after the length.
    """

    number: int
    content: bytes


def read_segments(stream: BinaryIO) -> list[Segment]:
    """The application segments before the picture, in the order of the file.

    The stream is left at the start of the picture. A file that ends within a segment gives the
    segments before it, and the part of this one.

    Source: ITU-T T.81, annex B.
    """
    stream.seek(2)
    segments = []
    while (byte := stream.read(1)) == b"\xff":
        while (byte := stream.read(1)) == b"\xff":
            pass  # fill bytes
        marker = byte[0] if byte else _END
        if marker in _WITHOUT_LENGTH:
            continue
        if marker in (_END, _SCAN):
            break
        length = int.from_bytes(stream.read(2), "big") - 2
        if not _APP0 <= marker <= _APP15:
            stream.seek(max(0, length), 1)
        elif content := stream.read(max(0, length)):
            segments.append(Segment(marker - _APP0, content))
    return segments


def read_trailer(stream: BinaryIO) -> bytes:
    """The bytes after the picture, if :func:`read_segments` left the stream at its start."""
    rest = stream.read()
    # In compressed data 0xFF is followed by zero or a restart marker, so this is the end.
    end = rest.find(bytes((0xFF, _END)))
    return rest[end + 2 :] if end >= 0 else b""


def exif_of(segments: list[Segment]) -> tuple[str, int]:
    """The maker of the camera ("" if unknown) and the orientation (1 if upright) in EXIF data."""
    exif = Image.Exif()
    for number, content in segments:
        if number == 1 and content.startswith(b"Exif\0\0"):
            try:
                exif.load(content)
            except Exception:  # damaged metadata does not damage the picture
                return "", 1
            break
    make = str(exif.get(_MAKE) or "")
    return " ".join(make.replace("\0", " ").split()), orientation_of(exif)


def orientation_of(exif: Image.Exif) -> int:
    """The orientation in EXIF data, 2 to 8; 1 if it is upright, absent or not valid."""
    value = exif.get(_ORIENTATION)
    return value if isinstance(value, int) and 2 <= value <= 8 else 1
