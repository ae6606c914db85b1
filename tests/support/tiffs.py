"""TIFF files, some of them changed byte by byte."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import tifffile

_FORM = {3: "H", 4: "I", 16: "Q"}


def tiff(array: np.ndarray, **options: Any) -> bytes:
    """A little-endian TIFF without metadata."""
    stream = io.BytesIO()
    options = {"metadata": None, "photometric": "minisblack"} | options
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def with_tag(data: bytes, tag: int, change: Callable[[int, int], int] | None) -> bytes:
    """A TIFF in whose first page ``change`` gives the values of a tag, from number and old value.

    Without ``change``, the tag is removed, that is, its number is one that nothing knows.
    """
    changed = bytearray(data)
    (start,) = struct.unpack_from("<I", data, 4)
    (tags,) = struct.unpack_from("<H", data, start)
    for entry in range(start + 2, start + 2 + 12 * tags, 12):
        code, kind, count = struct.unpack_from("<HHI", data, entry)
        if code != tag:
            continue
        if change is None:
            struct.pack_into("<H", changed, entry, 65_000)
            continue
        form = _FORM[kind]
        size = struct.calcsize(form)
        place = entry + 8 if size * count <= 4 else struct.unpack_from("<I", data, entry + 8)[0]
        for number in range(count):
            (old,) = struct.unpack_from(f"<{form}", data, place + number * size)
            struct.pack_into(f"<{form}", changed, place + number * size, change(number, old))
    return bytes(changed)
