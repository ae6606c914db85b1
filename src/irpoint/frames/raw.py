"""Headerless frames, as cameras and frame grabbers write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from irpoint.errors import FrameError, SettingsError
from irpoint.frames.arrays import Frame
from irpoint.frames.byte_order import swapped_note
from irpoint.frames.notes import report

_TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
_MAX_SIDE = 65_536
_Bytes = bytes  # because a layout has an attribute of that name
_FORM = "WIDTHxHEIGHT:TYPE[:ORDER][:skip=BYTES][:gap=BYTES], such as 640x512:uint16:le"
_BYTES = re.compile(r"(skip|gap)=(\d{1,15})", re.ASCII)


@dataclass(frozen=True)
class RawLayout:
    """Size and type of headerless frames, stored row by row, one frame after the other.

    Attributes:
        width, height: size of a frame in pixels, with its telemetry rows.
        dtype: type and byte order of a pixel.
        skip: bytes before the first frame, such as the header of the file.
        gap: bytes between two frames, such as the header or the footer of each frame. The file may
            end with such a gap.
    """

    width: int
    height: int
    dtype: np.dtype[np.generic]
    skip: int = 0
    gap: int = 0

    @classmethod
    def parse(cls, text: str) -> RawLayout:
        """Layout from text such as ``640x512:uint16:le``; without a byte order it is ``le``.

        ``160x122:uint16:be:skip=512:gap=64`` is a file with a header of 512 bytes, and 64 bytes
        between its frames.

        Raises:
            SettingsError: if the text has another form.
        """
        size, _, rest = text.partition(":")
        kind, *further = rest.split(":")
        sides = size.lower().split("x")
        good = len(sides) == 2 and all(s.isascii() and s.isdigit() for s in sides)
        if not good or not all(0 < int(s) <= _MAX_SIDE for s in sides):
            raise SettingsError(f"--raw {text}: give {_FORM}")
        order = further.pop(0) if further and "=" not in further[0] else "le"
        if kind not in _TYPES or order not in ("", "le", "be"):
            raise SettingsError(
                f"--raw {text}: give one of {', '.join(_TYPES)} for TYPE, and le or be for ORDER"
            )
        counts: dict[str, int] = {}
        for part in further:
            match = _BYTES.fullmatch(part)
            if match is None or match[1] in counts:
                raise SettingsError(f"--raw {text}: give {_FORM}, not {part!r}")
            counts[match[1]] = int(match[2])
        dtype = np.dtype(kind).newbyteorder(">" if order == "be" else "<")
        return cls(int(sides[0]), int(sides[1]), dtype, **counts)

    @property
    def bytes(self) -> int:
        """Size of one frame in bytes."""
        return self.width * self.height * self.dtype.itemsize

    def count(self, size: int) -> tuple[int, int]:
        """Number of complete frames in a file of ``size`` bytes, and of bytes that are left."""
        frames, left = divmod(max(0, size - self.skip + self.gap), self.bytes + self.gap)
        # The last frame may have its gap, or not.
        return frames, 0 if left == self.gap else left

    def start(self, index: int) -> int:
        """Position of frame ``index`` in a file."""
        return self.skip + index * (self.bytes + self.gap)

    def frame(self, content: _Bytes, name: str, index: int) -> Frame:
        """Frame ``index`` (height, width) from its bytes. Warns if they look swapped.

        Raises:
            FrameError: if they are too few.
        """
        if len(content) < self.bytes:
            raise FrameError(f"{name}: the file is truncated; copy or export it again")
        pixels = np.frombuffer(content, self.dtype).reshape(self.height, self.width)
        if index & (index - 1) == 0:  # frames 0, 1, 2, 4, 8, …
            report(swapped_note(pixels, f"give --raw with {self._other_order()}"), name)
        return pixels.astype(self.dtype.newbyteorder("="))

    def _other_order(self) -> str:
        return ":le" if self.dtype.newbyteorder(">") == self.dtype else ":be"

    def read(self, stream: BinaryIO, name: str) -> Iterator[Frame]:
        """Frames (height, width) of a binary stream, one at a time.

        Args:
            stream: open for reading.
            name: name of the stream in error messages.

        Raises:
            FrameError: if the stream is empty or, after the last complete frame, if it ends within
                a frame.
        """
        count, before = 0, _read(stream, self.skip)
        while content := _read(stream, self.bytes):
            if len(content) < self.bytes:
                raise FrameError(f"{name}: {self.rest(len(content), count)}")
            yield self.frame(content, name, count)
            count += 1
            _read(stream, self.gap)
        if not count:
            text = "has no byte after --raw skip" if before else "empty; copy or export it again"
            raise FrameError(f"{name}: {text}")

    def rest(self, left: int, count: int) -> str:
        """What is wrong with a file that ends with ``left`` bytes after ``count`` frames."""
        return (
            f"{left} bytes after {count} complete frames of {self.bytes} bytes; check the size and "
            "type of --raw, and its skip and gap"
        )


def _read(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, or fewer at the end of the stream. A pipe may deliver them in parts."""
    content = bytearray()
    while len(content) < size and (chunk := stream.read(size - len(content))):
        content += chunk
    return bytes(content)
