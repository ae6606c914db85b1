"""MAT files of MATLAB and Octave, versions 4 to 7; version 7.3 is HDF5.

SciPy reads them too, but its reader crashes on damaged files. Source: "MAT-File Format", The
MathWorks, chapters 1 and 2.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from irpoint.errors import FrameError
from irpoint.frames.files.array_stack import open_arrays
from irpoint.frames.stack import Stack

# By number: the class of a variable, and the type in which its values are stored.
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8",
            15: "u8"}  # fmt: skip
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
          13: "u8"}  # fmt: skip
_MATRIX, _COMPRESSED = 14, 15
_FLAGS, _SIDES = 6, 5  # the types of the first two elements of a matrix
_VERSION_4 = ("f8", "f4", "i4", "i2", "u2", "u1")  # by the digit "precision"
_HEADER = 128
_HEAD = 4096  # bytes of a variable that hold its flags, sides and name
_MAX_RATIO = 1100  # deflate compresses at most 1032 times
_TRUNCATED = "the file is truncated; copy or export it again"
_DAMAGED = "damaged header; copy or export it again"


@dataclass(frozen=True)
class _Variable:
    """A variable of numbers; it is read whole when it is indexed.

    Attributes:
        shape, dtype: as MATLAB shows it.
        stored: type of the values in the file.
        start: position of the values in the variable.
        offset, size: place of the variable in the file.
        packed: whether the variable is compressed.
    """

    stream: BinaryIO
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    stored: np.dtype[Any]
    start: int
    offset: int
    size: int
    packed: bool

    def __getitem__(self, index: tuple[int | slice, ...]) -> npt.NDArray[Any]:
        length = math.prod(self.shape) * self.stored.itemsize
        self.stream.seek(self.offset)
        if self.packed:
            content = _unpack(self.stream.read(self.size), self.start + length)[self.start :]
        else:
            self.stream.seek(self.offset + self.start)
            content = self.stream.read(length)
        if len(content) < length:
            raise FrameError(_TRUNCATED)
        values = np.frombuffer(content, self.stored).reshape(self.shape, order="F")
        return values[index].astype(self.dtype)


def open_mat(stream: BinaryIO, name: str, array: str | None = None) -> Stack:
    """The frames of a MAT file. MATLAB counts frames along the last axis.

    Args:
        stream: the opened file.
        name: name of the file.
        array: name of the variable; see :func:`irpoint.frames.files.array_stack.open_arrays`.

    Raises:
        FrameError: if there is no such variable, or no variable or several that may be frames.
    """
    stream.seek(0)
    head = stream.read(_HEADER)
    size = stream.seek(0, io.SEEK_END)
    listed = dict((_version_5 if _is_version_5(head) else _version_4)(stream, head, size))
    if array in listed and listed[array] is None:
        raise FrameError(f"{array} is not an array of numbers; give another variable")
    numbers = {key: variable for key, variable in listed.items() if variable is not None}
    return open_arrays(numbers, name, array, "last")


def _version_5(stream: BinaryIO, head: bytes, size: int) -> Iterator[tuple[str, _Variable | None]]:
    """Names and variables of a file of version 5 to 7; None for one that is no array of numbers."""
    order = "<" if head[126:128] == b"IM" else ">"
    offset = _HEADER
    while offset + 8 <= size:
        stream.seek(offset)
        kind, length = struct.unpack(f"{order}2I", stream.read(8))
        if kind not in (_MATRIX, _COMPRESSED):
            raise FrameError(_DAMAGED)
        packed = kind == _COMPRESSED
        start = stream.read(min(length, _HEAD))
        content = _unpack(start, _HEAD) if packed else start
        skip = 8 if packed else 0  # the tag of the compressed matrix
        name, found = _matrix(content[skip:], order)
        if found is None:
            yield name, None
        else:
            shape, dtype, stored, at = found
            yield (
                name,
                _Variable(stream, shape, dtype, stored, at + skip, offset + 8, length, packed),
            )
        offset += 8 + length


def _matrix(
    content: bytes, order: str
) -> tuple[str, tuple[tuple[int, ...], np.dtype[Any], np.dtype[Any], int] | None]:
    """Name of a matrix, and its shape, type, type in the file and the position of its values."""
    try:
        flags_type, at, _, end = _element(content, 0, order)
        (flags,) = struct.unpack_from(f"{order}I", content, at)
        sides_type, at, length, end = _element(content, end, order)
        shape = struct.unpack_from(f"{order}{length // 4}i", content, at)
        _, at, length, end = _element(content, end, order)
        name = content[at : at + length].decode("latin1")
        kind = flags & 255
        if (flags_type, sides_type) != (_FLAGS, _SIDES):
            raise FrameError(_DAMAGED)
        if kind not in _CLASSES:
            return name, None
        stored, at, length, _ = _element(content, end, order)
    except struct.error:
        raise FrameError(_DAMAGED) from None
    dtype = np.dtype("?" if flags >> 9 & 1 else "c16" if flags >> 11 & 1 else _CLASSES[kind])
    values = _TYPES.get(stored)
    if values is None or min(shape, default=-1) < 0 or len(shape) > 32:
        raise FrameError(_DAMAGED)
    in_file = np.dtype(values).newbyteorder(order)  # type: ignore[arg-type]
    if math.prod(shape) * in_file.itemsize != length:
        raise FrameError(_DAMAGED)
    return name, (shape, dtype, in_file, at)


def _element(content: bytes, at: int, order: str) -> tuple[int, int, int, int]:
    """Type, start and length of the data of an element, and the start of the next one."""
    (tag,) = struct.unpack_from(f"{order}I", content, at)
    if tag >> 16:  # a small element: type, length and data in eight bytes
        return tag & 0xFFFF, at + 4, min(tag >> 16, 4), at + 8
    (length,) = struct.unpack_from(f"{order}I", content, at + 4)
    return tag, at + 8, length, at + 8 + -(-length // 8) * 8


def _unpack(content: bytes, size: int) -> bytes:
    """The first ``size`` bytes of compressed content; fewer if it is cut."""
    return zlib.decompressobj().decompress(content, max(1, size))


def _version_4(stream: BinaryIO, head: bytes, size: int) -> Iterator[tuple[str, _Variable | None]]:
    """Names and variables of a file of version 4; None for one that is no array of numbers."""
    offset = 0
    while offset + 20 <= size:
        stream.seek(offset)
        head = stream.read(_HEADER)
        order = next((order for order in "<>" if _is_version_4(head, order)), None)
        if order is None:
            raise FrameError(_DAMAGED)
        kind, rows, columns, imaginary, length = struct.unpack_from(f"{order}5i", head)
        stored = np.dtype(_VERSION_4[kind // 10 % 10]).newbyteorder(order)  # type: ignore[arg-type]
        name = head[20 : 20 + length - 1].decode("latin1")
        dtype = np.dtype("c16") if imaginary else stored.newbyteorder("=")
        variable = _Variable(
            stream, (rows, columns), dtype, stored, 0, offset + 20 + length, 0, False
        )
        yield name, variable if kind % 10 == 0 else None
        if offset + 20 + length + rows * columns * stored.itemsize > size:
            raise FrameError(_TRUNCATED)
        offset += 20 + length + rows * columns * stored.itemsize * (1 + imaginary)


def is_mat(head: bytes) -> bool:
    """Whether a file that starts with ``head`` is a MAT file of version 4 to 7."""
    return _is_version_5(head) or any(_is_version_4(head, order) for order in "<>")


def _is_version_5(head: bytes) -> bool:
    return len(head) >= _HEADER and head[124:128] in (b"\x00\x01IM", b"\x01\x00MI")


def _is_version_4(head: bytes, order: str) -> bool:
    """Whether the first 20 bytes are the header of a variable: type, sides, name."""
    if len(head) < 21:
        return False
    kind, rows, columns, imaginary, length = struct.unpack_from(f"{order}5i", head)
    machine, zero, precision, matrix = kind // 1000, kind // 100 % 10, kind // 10 % 10, kind % 10
    plausible = machine == (order == ">") and zero == 0 and precision < 6 and matrix < 3
    sides = 0 < rows < 1 << 20 and 0 < columns < 1 << 20 and imaginary in (0, 1)
    if not (plausible and kind >= 0 and sides and 1 < length < 64):
        return False
    name = head[20 : 20 + length]
    return name.endswith(b"\0") and name[:-1].decode("latin1").isidentifier()
