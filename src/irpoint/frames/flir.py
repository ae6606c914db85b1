"""The raw frame of FLIR's radiometric JPEG and FFF files.

APP1 segments of the JPEG begin with ``FLIR``, zero, one, and the numbers of this chunk and of the
last chunk; joined, the chunks are an FFF file: a header, a directory, and records. The record of
type 1 has the size of the frame and its pixels, 16 bits each, as the detector gave them: plain or
as a PNG. The PNG of most cameras has the two bytes of each pixel in the wrong order.

Source: the tables of FLIR tags in the documentation of ExifTool, and "Streaming format
ThermoVision" by FLIR for the header and the directory.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from irpoint.errors import FrameError, one_line
from irpoint.frames.jpeg import Segment

FFF = (b"FFF\0", b"AFF\0")
_CHUNK = b"FLIR\0"
_CHUNK_HEADER = 8
_HEADER, _ENTRY, _RECORD_HEADER = 64, 32, 32
_VERSIONS = range(100, 200)
_RAW, _RAW_CHECK = 1, 2  # the type of the record, and its first value in the right byte order
_PNG = b"\x89PNG\r\n\x1a\n"
# A frame with the bytes of its pixels swapped is rougher than the right one by a factor of 10 and
# more. A frame of noise does not tell.
_CLEARLY = 2.0

Pixels = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class RawThermal:
    """The raw data of a frame, not decoded.

    Attributes:
        shape: (height, width).
        order: byte order of plain pixels, "<" or ">".
        content: plain pixels, or a PNG.
    """

    shape: tuple[int, int]
    order: str
    content: bytes

    def decode(self) -> Pixels:
        """The pixels (H, W).

        Raises:
            FrameError: if they are truncated, damaged, or stored in another way.
        """
        if self.content.startswith(_PNG):
            return _png_pixels(self.content)
        height, width = self.shape
        missing = 2 * width * height - len(self.content)
        if missing > 0:
            raise FrameError(f"the raw data of the camera is truncated by {missing} bytes")
        if -missing >= 2 * width:  # there may be some bytes to fill the record
            raise FrameError(
                f"the raw data of the camera, {len(self.content)} bytes for {width}x{height}, is "
                "stored in a way that is not known"
            )
        stored = np.frombuffer(self.content, f"{self.order}u2", width * height)
        return stored.reshape(self.shape).astype(np.uint16)


def find_fff(segments: list[Segment]) -> list[bytes]:
    """The FFF files in the segments of a JPEG; most cameras write one.

    Raises:
        FrameError: if a chunk is missing.
    """
    files: list[dict[int, bytes]] = []
    counts: list[int] = []
    for number, content in segments:
        if number != 1 or not content.startswith(_CHUNK) or len(content) <= _CHUNK_HEADER:
            continue
        chunk, last_chunk = content[6], content[7]
        if not files or chunk in files[-1]:
            files.append({})
            counts.append(0)
        files[-1][chunk] = content[_CHUNK_HEADER:]
        counts[-1] = max(counts[-1], last_chunk + 1)
    complete = []
    for parts, count in zip(files, counts, strict=True):
        missing = sorted(set(range(count)) - set(parts))
        if not missing:
            complete.append(b"".join(parts[chunk] for chunk in sorted(parts)))
        elif len(files) == 1:
            raise FrameError(
                f"part {missing[0] + 1} of {count} of the camera's raw data is missing"
            )
    return complete


def find_raw(fff: bytes) -> RawThermal | None:
    """The raw frame of an FFF file; None if it has none, such as that of a photograph.

    Raises:
        FrameError: if the file is damaged or truncated.
    """
    order = _byte_order(fff)
    start, count = struct.unpack_from(f"{order}II", fff, 0x18)
    if start + count * _ENTRY > len(fff):
        raise FrameError("the directory of the camera's raw data is damaged")
    for entry in range(start, start + count * _ENTRY, _ENTRY):
        kind, storage = struct.unpack_from(f"{order}HH", fff, entry)
        offset, length = struct.unpack_from(f"{order}II", fff, entry + 12)
        if kind == _RAW:
            if offset + max(length, _RECORD_HEADER) > len(fff):
                raise FrameError("the raw data of the camera is truncated")
            return _raw_record(fff[offset : offset + length], storage)
    return None


def _byte_order(fff: bytes) -> str:
    """The byte order in which the version of the file is a valid one."""
    if len(fff) < _HEADER or not fff.startswith(FFF):
        raise FrameError("the header of the camera's raw data is damaged")
    for order in (">", "<"):
        if struct.unpack_from(f"{order}I", fff, 0x14)[0] in _VERSIONS:
            return order
    raise FrameError("the version of the camera's raw data is damaged or not known")


def _raw_record(record: bytes, storage: int) -> RawThermal:
    """The record of type 1; ``storage`` is 1 if it is big-endian, 2 if little-endian, 3 if PNG."""
    orders = [order for order in "<>" if struct.unpack_from(f"{order}H", record)[0] == _RAW_CHECK]
    order = orders[0] if orders else {1: ">", 2: "<"}.get(storage, "")
    if not order:
        raise FrameError("the byte order of the camera's raw data is damaged")
    width, height = struct.unpack_from(f"{order}HH", record, 2)
    content = record[_RECORD_HEADER:]
    if content.startswith(_PNG) and len(content) >= 24:
        width, height = struct.unpack_from(">II", content, 16)
    if not width or not height:
        raise FrameError(f"the size of the camera's raw data, {width}x{height}, is damaged")
    return RawThermal((height, width), order, content)


def _png_pixels(content: bytes) -> Pixels:
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            stored = np.asarray(image)
            mode = image.mode
    except Exception as error:  # Pillow raises errors of any type for damaged bytes
        raise FrameError(f"the raw data of the camera is damaged ({one_line(error)})") from error
    # Pillow before 11.3 decodes 16-bit grey to 32-bit integers.
    if mode not in ("I", "I;16", "I;16B"):
        raise FrameError(f"the raw data of the camera is a PNG of mode {mode}, not of 16 bits")
    pixels = stored.astype(np.uint16)
    swapped = pixels.byteswap()
    return pixels if _roughness(swapped) > _CLEARLY * _roughness(pixels) else swapped


def _roughness(pixels: npt.NDArray[Any]) -> float:
    """Mean difference of neighbours."""
    counts = pixels.astype(np.int32)
    return float(np.abs(np.diff(counts, axis=-1)).mean()) if counts.shape[-1] > 1 else 0.0
