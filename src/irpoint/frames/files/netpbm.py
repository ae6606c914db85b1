"""Netpbm images: PBM, PGM, PPM and PAM with 1 to 16 bits, and PFM with 32-bit floats.

Pixels are as stored, without scaling by ``maxval``. Source: the netpbm manual pages pbm(5), pgm(5),
ppm(5) and pam(5); Debevec, "PFM Portable FloatMap Image Format".
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame, to_frame
from irpoint.frames.byte_order import swapped_note
from irpoint.frames.stack import Stack

SIGNATURES = (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6", b"P7", b"Pf", b"PF")
_HEADER_BYTES = 65_536  # more than any header with comments
_CHANNELS = {b"P1": 1, b"P2": 1, b"P3": 3, b"P4": 1, b"P5": 1, b"P6": 3, b"Pf": 1, b"PF": 3}
_TOKEN = re.compile(rb"(?:\s+|#[^\r\n]*[\r\n])*([^\s#]+)")
_MAX_SIDE = 1 << 20


@dataclass(frozen=True)
class _Image:
    """One image of a file: the place of its pixels, and how they are stored."""

    kind: bytes
    width: int
    height: int
    channels: int
    dtype: np.dtype[Any]
    offset: int

    @property
    def row_bytes(self) -> int:
        if self.kind == b"P4":
            return (self.width + 7) // 8
        return self.width * self.channels * self.dtype.itemsize

    @property
    def end(self) -> int:
        return self.offset + self.row_bytes * self.height


class NetpbmStack(Stack):
    """The images of a file; a binary file may hold several, one after the other.

    Raises:
        FrameError: if a header is damaged, or the file ends within an image.
    """

    def __init__(self, stream: BinaryIO, name: str, array: str | None = None) -> None:
        super().__init__()
        self._stream, self._name = stream, name
        size = stream.seek(0, io.SEEK_END)
        self._images: list[_Image] = []
        start = 0
        while start < size and self._is_image(start):
            image = _read_header(stream, start, size)
            if image.end > size:
                raise FrameError("the file is truncated; copy or export it again")
            self._images.append(image)
            if image.kind in (b"P1", b"P2", b"P3"):
                break  # text, which holds one image
            start = image.end

    def _is_image(self, start: int) -> bool:
        if start == 0:
            return True
        self._stream.seek(start)
        return self._stream.read(2) in SIGNATURES

    def __len__(self) -> int:
        return len(self._images)

    def shape(self) -> tuple[int, int]:
        self._check_single()
        return self._images[0].height, self._images[0].width

    def read(self, index: int) -> Frame:
        image = self._images[index]
        self._stream.seek(image.offset)
        if image.kind in (b"P1", b"P2", b"P3"):
            pixels = _text_pixels(self._stream.read(), image)
        else:
            pixels = _binary_pixels(self._stream.read(image.end - image.offset), image)
        if image.dtype.itemsize == 2 and image.kind in (b"P5", b"P6"):
            self.notes += swapped_note(pixels, "write 16-bit PGM with the high byte first")
        # Two channels are grey with transparency.
        if image.channels == 2:
            pixels = pixels[..., :1]
        return to_frame(pixels, self._name, self.notes)


def _read_header(stream: BinaryIO, start: int, size: int) -> _Image:
    stream.seek(start)
    head = stream.read(_HEADER_BYTES)
    kind = head[:2]
    if kind == b"P7":
        return _pam_header(head, start)
    count = 2 if kind in (b"P1", b"P4") else 3
    tokens, at = [], 2
    for _ in range(count):
        match = _TOKEN.match(head, at)
        if match is None:
            raise FrameError("damaged header; copy or export it again")
        tokens.append(match[1])
        at = match.end()
    width, height = (_number(token) for token in tokens[:2])
    if kind in (b"Pf", b"PF"):
        dtype = np.dtype("<f4" if float(tokens[2]) < 0 else ">f4")
    else:
        dtype = _type_for(_number(tokens[2]) if count == 3 else 1)
    image = _Image(kind, width, height, _CHANNELS[kind], dtype, start + at + 1)
    # One white-space character ends the header; a Windows program may have written two.
    if head[at : at + 2] == b"\r\n" and image.end == size - 1:
        return replace(image, offset=image.offset + 1)
    return image


def _pam_header(head: bytes, start: int) -> _Image:
    text, found, rest = head.partition(b"ENDHDR\n")
    if not found:
        raise FrameError("damaged header; copy or export it again")
    fields = dict(line.split(None, 1) for line in text.splitlines()[1:] if len(line.split()) > 1)
    width, height, depth, top = (
        _number(fields.get(key, b"").strip()) for key in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")
    )
    if depth > 4:
        raise FrameError(f"has {depth} channels, which may be frames or bands; save one each")
    return _Image(b"P7", width, height, depth, _type_for(top), start + len(head) - len(rest))


def _number(token: bytes) -> int:
    if not token.isdigit() or not 0 < int(token) <= _MAX_SIDE:
        raise FrameError("damaged header; copy or export it again")
    return int(token)


def _type_for(maxval: int) -> np.dtype[Any]:
    if maxval > 65_535:
        raise FrameError(f"maxval {maxval} is more than 65535; copy or export it again")
    return np.dtype(np.uint8 if maxval <= 255 else ">u2")


def _binary_pixels(data: bytes, image: _Image) -> npt.NDArray[Any]:
    if image.kind == b"P4":
        rows = np.frombuffer(data, np.uint8).reshape(image.height, -1)
        return 1 - np.unpackbits(rows, axis=1)[:, : image.width, None]  # 1 is black
    pixels = np.frombuffer(data, image.dtype).reshape(image.height, image.width, image.channels)
    # PFM stores the bottom row first.
    return pixels[::-1] if image.kind in (b"Pf", b"PF") else pixels


def _text_pixels(text: bytes, image: _Image) -> npt.NDArray[Any]:
    text = re.sub(rb"#[^\r\n]*", b"", text)
    count = image.height * image.width * image.channels
    if image.kind == b"P1":  # digits may follow each other without a space
        digits = np.frombuffer(b"".join(text.split())[:count], np.uint8) - ord("0")
        values = np.where(digits == 1, 0, 1).astype(np.uint8)  # 1 is black
    else:
        values = np.array(text.split()[:count]).astype(np.uint32).astype(image.dtype)
    if values.size < count:
        raise FrameError("the file is truncated; copy or export it again")
    return values.reshape(image.height, image.width, image.channels)
