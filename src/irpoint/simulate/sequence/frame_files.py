"""Write the frames of a sequence one by one: numbered files, a TIFF of pages, or an array."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt
import tifffile

from irpoint.simulate.dataset import encode_frame
from irpoint.system.atomic import atomic_write

SequenceFormat = Literal["png", "tiff", "stack", "npy"]
SEQUENCE_FORMATS: tuple[SequenceFormat, ...] = get_args(SequenceFormat)

Frame = npt.NDArray[Any]
_BIG = 2**32 - 2**25  # bytes from which a TIFF needs 64-bit offsets


class FrameFiles(Protocol):
    """Where the frames of a sequence are written."""

    def add(self, frame: Frame) -> str:
        """Write a frame (H, W). Returns the name of its file in the folder of images."""
        ...

    def close(self) -> None:
        """Complete the files; with the frames so far, if the run was interrupted."""
        ...


class Numbered:
    """One PNG or TIFF file per frame."""

    def __init__(
        self,
        folder: Path,
        name: str,
        count: int,
        suffix: Literal["png", "tiff"],
        nodata: str | None,
    ) -> None:
        self._folder, self._name, self._suffix, self._nodata = folder, name, suffix, nodata
        self._digits = max(5, len(str(count - 1)))
        self._done = 0

    def add(self, frame: Frame) -> str:
        name = f"{self._name}_{self._done:0{self._digits}d}.{self._suffix}"
        atomic_write(self._folder / name, encode_frame(frame, self._suffix, self._nodata))
        self._done += 1
        return name

    def close(self) -> None:
        return


class _OneFile:
    """A file that gets its name when it is complete."""

    suffix = ""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{name}.{self.suffix}"
        self._part = folder / f".{name}.{self.suffix}.part"

    def _rename(self) -> None:
        self._part.replace(self._path)


class Stack(_OneFile):
    """A TIFF with one page per frame."""

    suffix = "tiff"

    def __init__(self, folder: Path, name: str, count: int, nodata: str | None) -> None:
        super().__init__(folder, name)
        self._count = count
        self._tags = [] if nodata is None else [(42113, "s", 0, nodata, True)]
        self._writer: Any = None

    def add(self, frame: Frame) -> str:
        if self._writer is None:
            big = frame.nbytes * self._count > _BIG
            self._writer = tifffile.TiffWriter(self._part, bigtiff=big)
        self._writer.write(frame, metadata=None, contiguous=False, extratags=self._tags)
        return self._path.name

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._rename()


class Array(_OneFile):
    """A NumPy array (frames, H, W)."""

    suffix = "npy"

    def __init__(self, folder: Path, name: str, count: int) -> None:
        super().__init__(folder, name)
        self._count, self._done = count, 0
        self._stream: IO[bytes] | None = None
        self._like: Frame | None = None

    def add(self, frame: Frame) -> str:
        if self._stream is None:
            self._stream, self._like = self._part.open("wb"), frame
            self._stream.write(_header(self._count, frame))
        self._stream.write(np.ascontiguousarray(frame).tobytes())
        self._done += 1
        return self._path.name

    def close(self) -> None:
        if self._stream is None or self._like is None:
            return
        self._stream.seek(0)
        self._stream.write(_header(self._done, self._like))
        self._stream.close()
        self._rename()


def _header(count: int, frame: Frame) -> bytes:
    """128 bytes before the frames of a .npy file (version 1.0), whatever their number."""
    shape = (count, *frame.shape)
    text = f"{{'descr': {frame.dtype.str!r}, 'fortran_order': False, 'shape': {shape}, }}"
    padded = text.ljust(128 - 10 - 1) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded.encode("latin1")


def frame_files(
    folder: Path, name: str, count: int, file_format: SequenceFormat, nodata: str | None
) -> FrameFiles:
    """Where to write ``count`` frames in a format."""
    makers: dict[SequenceFormat, Callable[[], FrameFiles]] = {
        "png": lambda: Numbered(folder, name, count, "png", nodata),
        "tiff": lambda: Numbered(folder, name, count, "tiff", nodata),
        "stack": lambda: Stack(folder, name, count, nodata),
        "npy": lambda: Array(folder, name, count),
    }
    return makers[file_format]()
