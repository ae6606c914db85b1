"""``.npy`` files, memory-mapped, and ``.npz`` archives. Pickled objects are never read."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from irpoint.errors import FrameError
from irpoint.frames.files.array_stack import ArrayStack, open_arrays
from irpoint.frames.stack import Stack

_MAX_RATIO = 1100  # deflate compresses at most 1032 times; more is a damaged or malicious archive


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def open_npy(stream: BinaryIO, name: str, array: str | None = None) -> Stack:
    """The frames of a ``.npy`` file: (H, W), (H, W, 3), (T, H, W) and so on.

    Raises:
        FrameError: if the array has another shape or type, holds Python objects, or is truncated.
    """
    shape, fortran, dtype = _header(stream)
    size = math.prod(shape) * dtype.itemsize
    offset = stream.tell()
    if stream.seek(0, io.SEEK_END) < offset + size:
        raise FrameError("the file is truncated; copy or export it again")
    return ArrayStack(_mapped(stream, dtype, shape, offset, "F" if fortran else "C"), name)


def _mapped(
    stream: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int, order: Any
) -> npt.NDArray[Any]:
    """The array in an opened file, without reading it, or in the bytes of a stream in memory."""
    if not math.prod(shape):
        return np.zeros(shape, dtype)
    if not isinstance(stream, io.BytesIO):
        return np.memmap(stream, dtype, "r", offset, shape, order)
    flat = np.frombuffer(stream.getvalue(), dtype, math.prod(shape), offset)
    return flat.reshape(shape, order=order)


def _header(stream: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether the order is Fortran's, and type."""
    version = np.lib.format.read_magic(stream)
    read = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, fortran, dtype = read(stream)
    if dtype.hasobject:
        raise FrameError("contains Python objects, not pixels; save an array of numbers")
    if dtype.itemsize == 0 or min(shape, default=1) < 0:
        raise FrameError("damaged header; copy or export it again")
    return shape, fortran, dtype


class _Member:
    """An array of an archive, read whole when it is indexed for the first time."""

    def __init__(self, archive: _Archive, file: str) -> None:
        self._archive, self._file = archive, file
        with archive.zip.open(file) as stream:
            self.shape, _, self.dtype = _header(stream)  # type: ignore[arg-type]

    def __getitem__(self, index: tuple[int | slice, ...]) -> Any:
        return self._archive.load(self._file)[index]


class _Archive:
    """An opened archive, which keeps the array that was read last."""

    def __init__(self, stream: BinaryIO) -> None:
        self.zip = zipfile.ZipFile(stream)
        self._last: tuple[str, npt.NDArray[Any]] | None = None

    def load(self, file: str) -> npt.NDArray[Any]:
        if self._last is None or self._last[0] != file:
            self._last = None  # free the memory first
            with self.zip.open(file) as stream:
                self._last = file, np.lib.format.read_array(stream, allow_pickle=False)
        return self._last[1]


def open_npz(stream: BinaryIO, name: str, array: str | None = None) -> Stack:
    """The frames of a ``.npz`` archive.

    Args:
        stream: the opened file.
        name: name of the file.
        array: name of the array to read; see :func:`irpoint.frames.files.array_stack.open_arrays`.

    Raises:
        FrameError: if there is no such array, or no array or several that may be frames.
    """
    archive = _Archive(stream)
    members: dict[str, _Member] = {}
    for info in archive.zip.infolist():
        if not info.filename.endswith(".npy"):
            continue
        if info.file_size > _MAX_RATIO * (info.compress_size + 1):
            raise FrameError(f"{info.filename}: damaged size; copy or export it again")
        try:
            members[info.filename.removesuffix(".npy")] = _Member(archive, info.filename)
        except FrameError:
            if array == info.filename.removesuffix(".npy"):
                raise
    if not members:
        raise FrameError("a ZIP archive without arrays of numbers; give a .npz file of them")
    return open_arrays(members, name, array)
