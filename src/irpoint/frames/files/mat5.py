"""Check a numeric variable of a MAT file of version 5 before SciPy reads it.

SciPy does not check the types of elements; a damaged one crashes the process. Source: "MAT-File
Format", The MathWorks, chapter 1.
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from irpoint.errors import FrameError

_MATRIX, _COMPRESSED = 14, 15
_INT8, _INT32, _UINT32 = 1, 5, 6
_NUMBERS = (1, 2, 3, 4, 5, 6, 7, 9, 12, 13)  # element types: integers and floats of 8 to 64 bits
_NUMERIC = range(6, 16)  # classes of arrays
_COMPLEX = 0x800  # a flag of an array
_HEADER = 1024  # bytes; more than the header of a variable


def check_variable(stream: BinaryIO, name: str) -> None:
    """Check the variable ``name`` if it is numeric. A file of version 4 is not checked.

    Raises:
        FrameError: if an element has a type or size that it cannot have, or numbers are complex.
    """
    stream.seek(0)
    head = stream.read(128)
    if not head.startswith(b"MATLAB 5.0"):
        return
    order = "<" if head.endswith(b"IM") else ">"
    while len(tag := stream.read(8)) == 8:
        kind, size = struct.unpack(f"{order}II", tag)
        start = stream.tell()
        content = stream.read(min(size, _HEADER))
        if kind == _COMPRESSED:
            content = zlib.decompressobj().decompress(content, _HEADER)
            kind, size = struct.unpack_from(f"{order}II", content)
            content = content[8:]
        if kind == _MATRIX:
            _check_matrix(content, size, order, name.encode("latin1"))
        stream.seek(start + struct.unpack(f"{order}II", tag)[1])


def _check_matrix(content: bytes, size: int, order: str, wanted: bytes) -> None:
    """Check the header of an array, of which ``content`` is the start, if it is the wanted one."""
    elements, at = [], 0
    for _ in range(4):  # flags, sides, name, numbers
        word, count = struct.unpack_from(f"{order}II", content, at)
        kind, start = word, at + 8
        if word >> 16:  # an element of up to four bytes, in the place of its size
            kind, count, start = word & 0xFFFF, word >> 16, at + 4
        elements.append((kind, count, content[start : start + count]))
        at += 8 if word >> 16 else 8 + (count + 7) // 8 * 8
        if len(elements) == 3 and elements[2][2] != wanted:
            return
    (flags_kind, _, flags), (sides_kind, sides, _), (name_kind, _, _), (kind, count, _) = elements
    (word,) = struct.unpack_from(f"{order}I", flags)
    if word & 0xFF not in _NUMERIC:
        return
    if word & _COMPLEX:
        raise FrameError("cannot use pixels of type complex128; give integers or real numbers")
    header = (flags_kind, sides_kind, name_kind, sides % 4) == (_UINT32, _INT32, _INT8, 0)
    if not header or kind not in _NUMBERS or count > size:
        raise FrameError("damaged (the header of a variable is wrong); copy or export it again")
