"""PNG, BMP, JPEG and WebP: one frame."""

from __future__ import annotations

from typing import BinaryIO

from irpoint.frames.arrays import Frame, to_frame
from irpoint.frames.images import decode_image, image_shape
from irpoint.frames.stack import Stack


class Picture(Stack):
    """The frame of an image file."""

    def __init__(self, stream: BinaryIO, name: str, array: str | None = None) -> None:
        super().__init__()
        self._stream, self._name = stream, name

    def __len__(self) -> int:
        return 1

    def shape(self) -> tuple[int, int]:
        self._stream.seek(0)
        return image_shape(self._stream, self._name, self.notes)

    def read(self, index: int) -> Frame:
        self._stream.seek(0)
        pixels = decode_image(self._stream, self._name, self.notes)
        return to_frame(pixels, self._name, self.notes)


def is_picture(head: bytes) -> bool:
    """Whether a file that starts with ``head`` is PNG, BMP, JPEG or WebP."""
    webp = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    return webp or head.startswith((b"\x89PNG", b"BM", b"\xff\xd8\xff"))
