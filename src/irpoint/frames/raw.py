"""Headerless frames, as cameras and frame grabbers write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from irpoint.errors import FrameError, SettingsError
from irpoint.frames.arrays import Frame

_TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
_MAX_SIDE = 65_536


@dataclass(frozen=True)
class RawLayout:
    """Size and type of headerless frames, stored row by row, one frame after the other."""

    width: int
    height: int
    dtype: np.dtype[np.generic]

    @classmethod
    def parse(cls, text: str) -> RawLayout:
        """Layout from text such as ``640x512:uint16:le``; without a byte order it is ``le``.

        Raises:
            SettingsError: if the text has another form.
        """
        size, _, rest = text.partition(":")
        kind, _, order = rest.partition(":")
        sides = size.lower().split("x")
        good = len(sides) == 2 and all(s.isascii() and s.isdigit() for s in sides)
        if not good or not all(0 < int(s) <= _MAX_SIDE for s in sides):
            raise SettingsError(
                f"--raw {text}: give WIDTHxHEIGHT:TYPE:ORDER, such as 640x512:uint16:le"
            )
        if kind not in _TYPES or order not in ("", "le", "be"):
            raise SettingsError(
                f"--raw {text}: give one of {', '.join(_TYPES)} for TYPE, and le or be for ORDER"
            )
        dtype = np.dtype(kind).newbyteorder(">" if order == "be" else "<")
        return cls(int(sides[0]), int(sides[1]), dtype)

    @property
    def bytes(self) -> int:
        """Size of one frame in bytes."""
        return self.width * self.height * self.dtype.itemsize

    def read(self, stream: BinaryIO, name: str) -> Iterator[Frame]:
        """Frames (height, width) of a binary stream, one at a time.

        Args:
            stream: open for reading.
            name: name of the stream in error messages.

        Raises:
            FrameError: if the stream is empty or, after the last complete frame, if it ends within
                a frame.
        """
        count = 0
        while content := _read(stream, self.bytes):
            if len(content) < self.bytes:
                raise FrameError(
                    f"{name}: {len(content)} bytes after {count} complete frames of {self.bytes} "
                    "bytes; check the size and type of --raw"
                )
            pixels = np.frombuffer(content, self.dtype).reshape(self.height, self.width)
            yield pixels.astype(self.dtype.newbyteorder("="))
            count += 1
        if not count:
            raise FrameError(f"{name}: empty; copy or export it again")


def _read(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, or fewer at the end of the stream. A pipe may deliver them in parts."""
    content = bytearray()
    while len(content) < size and (chunk := stream.read(size - len(content))):
        content += chunk
    return bytes(content)
