"""A seal in each overlay file: whether irpoint wrote a file, and nobody has changed it since.

The seal is a block at the end of the file, of a kind that viewers ignore. It holds the name of the
file and a digest of everything before it, so a file that was renamed or edited is not recognised.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

_MARK = b"irpoint overlay\0"
_DIGEST_BYTES = 16
_CHUNK = 2**20
_PNG_END = struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))


def seal_png(content: bytes, name: str) -> bytes:
    """A PNG file with a seal for the file name ``name``."""
    head = content.removesuffix(_PNG_END)
    return head + _png_block(name, hashlib.blake2b(head, digest_size=_DIGEST_BYTES).digest())


def seal_mp4(path: Path, name: str) -> None:
    """Append a seal for the file name ``name`` to an MP4 file.

    Raises:
        OSError: if the file cannot be read or written.
    """
    block = _mp4_block(name, _digest(path, path.stat().st_size))
    with path.open("ab") as stream:
        stream.write(block)


def is_sealed(path: Path) -> bool:
    """Whether irpoint wrote this file, under this name and with this content."""
    block = _BLOCKS.get(path.suffix)
    if block is None or path.is_symlink():
        return False
    try:
        before = path.stat().st_size - len(block(path.name, bytes(_DIGEST_BYTES)))
        with path.open("rb") as stream:
            if before < 0:
                return False
            stream.seek(before)
            end = stream.read()
        return _MARK in end and end == block(path.name, _digest(path, before))
    except OSError:
        return False


def _digest(path: Path, count: int) -> bytes:
    """A digest of the first ``count`` bytes of a file."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    with path.open("rb") as stream:
        while count > 0 and (part := stream.read(min(count, _CHUNK))):
            digest.update(part)
            count -= len(part)
    return digest.digest()


def _png_block(name: str, digest: bytes) -> bytes:
    """A private ancillary chunk, and the chunk that ends a PNG file (PNG, section 5.3)."""
    body = b"irPt" + _payload(name, digest)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return chunk + _PNG_END


def _mp4_block(name: str, digest: bytes) -> bytes:
    """A box of free space, which every reader skips (ISO/IEC 14496-12, section 8.1.2)."""
    payload = _payload(name, digest)
    return struct.pack(">I4s", 8 + len(payload), b"free") + payload


def _payload(name: str, digest: bytes) -> bytes:
    return _MARK + digest + name.encode("utf-8", "surrogateescape")


_BLOCKS: dict[str, Callable[[str, bytes], bytes]] = {".png": _png_block, ".mp4": _mp4_block}
