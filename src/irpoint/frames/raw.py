"""Headerless frames, as cameras and frame grabbers dump them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from irpoint.errors import FrameError, SettingsError
from irpoint.frames.arrays import Frame

_TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
_MOST_SIDE = 65_536


@dataclass(frozen=True)
class RawLayout:
    """How the pixels of a headerless file follow each other, row by row, frame by frame."""

    width: int
    height: int
    dtype: np.dtype[np.generic]

    @classmethod
    def parse(cls, text: str) -> RawLayout:
        """``640x512:uint16:le``; the byte order may be left out and is then ``le``.

        Raises:
            SettingsError: for anything else.
        """
        size, _, rest = text.partition(":")
        kind, _, order = rest.partition(":")
        sides = size.lower().split("x")
        good = len(sides) == 2 and all(s.isascii() and s.isdigit() for s in sides)
        if not good or not all(0 < int(s) <= _MOST_SIDE for s in sides):
            raise SettingsError(f"--raw {text}: give WIDTHxHEIGHT:TYPE:ORDER, as 640x512:uint16:le")
        if kind not in _TYPES or order not in ("", "le", "be"):
            raise SettingsError(f"--raw {text}: TYPE one of {', '.join(_TYPES)}; ORDER le or be")
        dtype = np.dtype(kind).newbyteorder(">" if order == "be" else "<")
        return cls(int(sides[0]), int(sides[1]), dtype)

    @property
    def bytes(self) -> int:
        """Of one frame."""
        return self.width * self.height * self.dtype.itemsize

    def read(self, stream: BinaryIO, name: str) -> Iterator[Frame]:
        """The frames (height, width) of a binary stream, one by one.

        Args:
            stream: open for reading.
            name: name of the stream in an error.

        Raises:
            FrameError: if the stream is empty or ends within a frame, after the whole ones.
        """
        count = 0
        while content := _read(stream, self.bytes):
            if len(content) < self.bytes:
                raise FrameError(
                    f"{name}: {len(content)} bytes after {count} whole frames of {self.bytes} "
                    "bytes; check the size and type of --raw"
                )
            pixels = np.frombuffer(content, self.dtype).reshape(self.height, self.width)
            yield pixels.astype(self.dtype.newbyteorder("="))
            count += 1
        if not count:
            raise FrameError(f"{name}: empty; copy or export it again")


def _read(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, or what is left of them: pipes give them in pieces."""
    content = bytearray()
    while len(content) < size and (piece := stream.read(size - len(content))):
        content += piece
    return bytes(content)
