"""A quick look at the header of a TIFF file."""

from __future__ import annotations

import struct
from typing import BinaryIO

_WIDTH, _HEIGHT, _BITS, _SAMPLES, _PARTS, _DEPTH = 256, 257, 258, 277, 330, 32997
_SHORT, _LONG, _LONG8 = 3, 4, 16
_MAX_TAGS = 10_000


def may_have_several(file: BinaryIO) -> bool:
    """Whether a TIFF file may have more than one frame; if False, it has one.

    It has one if there is one page, with one sample, without parts or planes, and if the file is
    too small for other frames behind it.
    """
    try:
        values, last = _first_page(file)
        size = values[_WIDTH] * values[_HEIGHT] * values.get(_BITS, 1) / 8
        alone = last and values.get(_SAMPLES, 1) == 1 and not {_PARTS, _DEPTH} & values.keys()
        return not alone or file.seek(0, 2) >= 2 * size
    except (OSError, struct.error, ValueError, OverflowError, KeyError):
        return False  # the error is reported when the frame is read


def _first_page(file: BinaryIO) -> tuple[dict[int, int], bool]:
    """The tags of the first page that are single integers or arrays, and whether it is the last."""
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}[head[:2]]
    big = head[2:4] in (b"+\0", b"\0+")
    count, offset, tag_size, value = ("Q", "Q", 20, 12) if big else ("H", "I", 12, 8)
    (first,) = struct.unpack_from(order + offset, head, 8 if big else 4)
    file.seek(first)
    (tags,) = struct.unpack(order + count, file.read(struct.calcsize(count)))
    if tags > _MAX_TAGS:
        raise ValueError(f"{tags} tags")
    content = file.read(tags * tag_size)
    (following,) = struct.unpack(order + offset, file.read(struct.calcsize(offset)))
    values = {}
    for at in range(0, tags * tag_size, tag_size):
        code, kind = struct.unpack_from(f"{order}HH", content, at)
        form = {_SHORT: "H", _LONG: "I", _LONG8: "Q"}.get(kind)
        if form is not None:
            (values[code],) = struct.unpack_from(order + form, content, at + value)
        elif code == _PARTS:
            values[code] = 0
    return values, following == 0
