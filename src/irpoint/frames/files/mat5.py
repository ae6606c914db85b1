"""Check a numeric variable of a MAT file of version 5 before SciPy reads it.

SciPy does not check the types of elements, and a damaged one crashes the process. Source: "MAT-File
Format", The MathWorks, chapter 1.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import BinaryIO

from irpoint.errors import FrameError

_MATRIX, _COMPRESSED = 14, 15
_INT8, _INT32, _UINT32 = 1, 5, 6
# Bytes of a number, by the type of its element.
_NUMBERS = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}
_NUMERIC = range(6, 16)  # classes of arrays
_COMPLEX = 0x800  # a flag of an array
_HEADER = 1024  # bytes; more than the header of a variable


def is_complex(stream: BinaryIO, name: str) -> bool:
    """Whether a variable is complex, and so cannot be frames; it is checked if it is not.

    A file of version 4 is not checked.

    Raises:
        FrameError: if an element of a numeric variable has a type or size that it cannot have.
    """
    stream.seek(0)
    head = stream.read(128)
    if not head.startswith(b"MATLAB 5.0"):
        return False
    order = "<" if head.endswith(b"IM") else ">"
    while len(tag := stream.read(8)) == 8:
        kind, size = struct.unpack(f"{order}II", tag)
        start = stream.tell()
        content = stream.read(min(size, _HEADER))
        if kind == _COMPRESSED:
            content = zlib.decompressobj().decompress(content, _HEADER)
            (kind,) = struct.unpack_from(f"{order}I", content)
            content = content[8:]
        if kind == _MATRIX and _is_complex(content, order, name.encode("latin1")):
            return True
        stream.seek(start + struct.unpack(f"{order}II", tag)[1])
    return False


def _is_complex(content: bytes, order: str, wanted: bytes) -> bool:
    """Check the start of an array, if it is the wanted one."""
    elements, at = [], 0
    for _ in range(4):  # flags, sides, name, numbers
        word, count = struct.unpack_from(f"{order}II", content, at)
        kind, start = word, at + 8
        if word >> 16:  # an element of up to four bytes, in the place of its size
            kind, count, start = word & 0xFFFF, word >> 16, at + 4
        elements.append((kind, count, content[start : start + count]))
        at += 8 if word >> 16 else 8 + (count + 7) // 8 * 8
        if len(elements) == 3 and elements[2][2] != wanted:
            return False
    (flags_kind, _, flags), (sides_kind, length, sides), (name_kind, _, _), numbers = elements
    (word,) = struct.unpack_from(f"{order}I", flags)
    if word & 0xFF not in _NUMERIC or word & _COMPLEX:
        return bool(word & 0xFF in _NUMERIC)
    kind, stored, _ = numbers
    valid = (flags_kind, sides_kind, name_kind, length % 4) == (_UINT32, _INT32, _INT8, 0)
    count = math.prod(struct.unpack(f"{order}{len(sides) // 4}i", sides[: len(sides) // 4 * 4]))
    if not valid or stored != count * _NUMBERS.get(kind, -1):
        raise FrameError("damaged (the header of a variable is wrong); copy or export it again")
    return False
