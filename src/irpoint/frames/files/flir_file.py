"""FLIR's FFF file: the raw frame of a radiometric JPEG without the picture."""

from __future__ import annotations

from typing import BinaryIO

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame, to_frame
from irpoint.frames.flir import FFF, RawThermal, find_raw
from irpoint.frames.stack import Stack

SUFFIXES = (".fff",)


class FlirFile(Stack):
    """The frame of an FFF file."""

    def __init__(self, stream: BinaryIO, name: str, array: str | None = None) -> None:
        super().__init__()
        self._stream, self._name = stream, name

    def __len__(self) -> int:
        return 1

    def shape(self) -> tuple[int, int]:
        return self._raw().shape

    def read(self, index: int) -> Frame:
        return to_frame(self._raw().decode(), self._name, self.notes)

    def _raw(self) -> RawThermal:
        self._stream.seek(0)
        content = self._stream.read()
        if any(content.find(magic, len(magic)) >= 0 for magic in FFF):
            # A sequence (.seq, .csq) is one FFF file after the other.
            raise FrameError(
                "a sequence of FLIR cameras, which cannot be read; export its frames with FLIR "
                "Research Studio as 16-bit TIFF"
            )
        raw = find_raw(content)
        if raw is None:
            raise FrameError("has no raw frame; export it again")
        return raw
