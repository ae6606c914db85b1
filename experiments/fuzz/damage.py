"""Damage the bytes of a file."""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import numpy as np

_Damage = Callable[[bytes, np.random.Generator], bytes]
_HEADER = 512  # bytes; damage is more frequent in the first and last ones
_PNG = b"\x89PNG\r\n\x1a\n"


def damage(content: bytes, name: str, rng: np.random.Generator) -> tuple[str, bytes]:
    """The content of the file ``name``, damaged, and how: 40 % are cut, 40 % have flipped bits.

    The others are damaged in a way that suits the file: if it is text, one value is replaced.
    """
    ways = ("cut", "flip", *(_TEXT.get(PurePath(name).suffix.lower(), _BINARY)))
    rest = 0.2 / (len(ways) - 2)
    way = str(rng.choice(ways, p=[0.4, 0.4, *[rest] * (len(ways) - 2)]))
    damaged = _WAYS[way](content, rng) if content else b"\0"
    if damaged.startswith(_PNG) and way != "cut" and rng.random() < 0.8:
        return f"{way}, checksums corrected", _with_checksums(damaged)
    return way, damaged


def _position(size: int, rng: np.random.Generator) -> int:
    part = rng.random()
    if part < 0.45:
        return int(rng.integers(min(size, _HEADER)))
    if part < 0.6:
        return int(size - 1 - rng.integers(min(size, _HEADER)))
    return int(rng.integers(size))


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: _position(len(content), rng)]


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    for _ in range(2 ** int(rng.integers(7))):
        damaged[_position(len(content), rng)] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


def _zero(content: bytes, rng: np.random.Generator) -> bytes:
    start, size = _block(content, rng)
    return content[:start] + bytes(size) + content[start + size :]


def _repeat(content: bytes, rng: np.random.Generator) -> bytes:
    start, size = _block(content, rng)
    return content[: start + size] + content[start:]


def _swap(content: bytes, rng: np.random.Generator) -> bytes:
    """Two blocks change places."""
    start, size = _block(content, rng)
    middle = start + size // 2
    parts = content[:start], content[middle : start + size], content[start:middle]
    return b"".join(parts) + content[start + size :]


def _field(content: bytes, rng: np.random.Generator) -> bytes:
    """A number of 1 to 8 bytes, such as a length or a size, becomes an extreme one."""
    size, start = int(rng.choice((1, 2, 4, 8))), _position(len(content), rng)
    value = _EXTREME[int(rng.integers(len(_EXTREME)))] % (1 << 8 * size)
    number = value.to_bytes(size, "big" if rng.random() < 0.5 else "little")
    return content[:start] + number + content[start + size :]


def _text_flip(content: bytes, rng: np.random.Generator) -> bytes:
    """Flipped bits in one of the texts in a binary file, such as a header or a name."""
    texts = list(re.finditer(rb"[ -~]{8,}", content))
    if not texts:
        return _flip(content, rng)
    damaged, text = bytearray(content), texts[int(rng.integers(len(texts)))]
    for _ in range(int(rng.integers(1, 4))):
        damaged[int(rng.integers(text.start(), text.end()))] ^= 1 << int(rng.integers(6))
    return bytes(damaged)


def _with_checksums(png: bytes) -> bytes:
    """A damaged PNG whose checksums are right, so that the damage reaches the decoder."""
    parts, start = [_PNG], len(_PNG)
    while start + 12 <= len(png):
        size = int.from_bytes(png[start : start + 4], "big")
        chunk = png[start + 4 : start + 8 + size]
        parts += [png[start : start + 4], chunk, zlib.crc32(chunk).to_bytes(4, "big")]
        start += 12 + size
    return b"".join(parts)


def _block(content: bytes, rng: np.random.Generator) -> tuple[int, int]:
    return _position(len(content), rng), int(rng.integers(1, 65))


_EXTREME = (0, 1, 100, 2**7, 2**15 - 1, 2**15, 2**16, 2**24, 2**31 - 1, 2**31, -1)

# Values that files should not contain, but do.
_ODD = (
    "", "nan", "-inf", "1e999", "-1", "0", "1e30", "-1e308", "99999999999999999999", "0x10", "1,5",
    "a\0b", "é", "../x", "true", "null", '"', "x" * 300,
)  # fmt: skip
_ODD_JSON: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 1e308, 10**30, -(10**400), float("nan"), float("inf"), "", "x", "1",
    "\0", "\ud800", [], {}, [[]], [1, 2], {"x": 1}, [None] * 3, "x" * 300,
)  # fmt: skip


def _odd_text(content: bytes, rng: np.random.Generator) -> bytes:
    """One word or number of a text becomes an odd value."""
    text = content.decode("latin-1")
    words = list(re.finditer(r"[\w.+-]+", text))
    if not words:
        return content
    word = words[int(rng.integers(len(words)))]
    odd = _ODD[int(rng.integers(len(_ODD)))]
    return (text[: word.start()] + odd + text[word.end() :]).encode("latin-1", "replace")


def _odd_cell(content: bytes, rng: np.random.Generator) -> bytes:
    """One cell of a CSV file becomes an odd value, is removed or is doubled."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode())))
    except (UnicodeDecodeError, csv.Error):
        return _odd_text(content, rng)
    row = rows[int(rng.integers(len(rows)))] or [""]
    cell = int(rng.integers(len(row)))
    odd = _ODD[int(rng.integers(len(_ODD)))]
    ways: list[list[str]] = [[], [row[cell]] * 2, [odd]]
    row[cell : cell + 1] = ways[int(rng.choice(3, p=[0.15, 0.1, 0.75]))]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _odd_json(content: bytes, rng: np.random.Generator) -> bytes:
    """One value of a JSON file becomes an odd value or is removed."""
    root = {"": json.loads(content)}
    places: list[tuple[Any, Any]] = [(root, "")]
    for parent, key in places:  # grows in the loop
        value = parent[key]
        keys = range(len(value)) if isinstance(value, list) else value
        places += [(value, k) for k in keys] if isinstance(value, dict | list) else []
    parent, key = places[int(rng.integers(len(places)))]
    if parent is not root and rng.random() < 0.25:
        del parent[key]
    else:
        parent[key] = _ODD_JSON[int(rng.integers(len(_ODD_JSON)))]
    return json.dumps(root[""]).encode()


_WAYS: dict[str, _Damage] = {
    "cut": _cut, "flip": _flip, "zero": _zero, "repeat": _repeat, "swap": _swap, "field": _field,
    "text flip": _text_flip, "odd text": _odd_text, "odd cell": _odd_cell, "odd json": _odd_json,
}  # fmt: skip
_BINARY = ("zero", "repeat", "swap", "field", "field", "field", "text flip", "text flip")
_TEXT = {
    ".json": ("odd json",),
    ".jsonl": ("odd text", "repeat", "swap", "zero"),
    ".csv": ("odd cell", "odd cell", "odd text", "repeat"),
    ".txt": ("odd text", "odd text", "repeat"),
    ".xml": ("odd text", "odd text", "repeat"),
    ".yaml": ("odd text", "odd text", "repeat"),
}
