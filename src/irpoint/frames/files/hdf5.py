"""HDF5 files, and with them MAT files of version 7.3, through h5py (extra ``hdf5``)."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

import numpy as np

from irpoint.errors import FrameError
from irpoint.frames.files.array_stack import open_arrays
from irpoint.frames.stack import Stack
from irpoint.system.extras import import_extra

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
# MATLAB stores text, cells and structures as data sets of numbers.
_NOT_NUMBERS = (b"char", b"cell", b"struct", b"function_handle", b"string")
_INTERNAL = ("#refs#", "#subsystem#")  # of MATLAB


class _DataSet:
    """A data set, of which only the part that is indexed is read."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self.shape: tuple[int, ...] = dataset.shape
        fill = dataset.attrs.get("_FillValue")  # netCDF: this value means no data
        self._fill = None if fill is None or np.size(fill) != 1 else np.ravel(fill)[0]
        self.dtype: np.dtype[Any] = dataset.dtype

    def __getitem__(self, index: tuple[int | slice, ...]) -> Any:
        part = self._dataset[index]
        if self._fill is None or not (part == self._fill).any():
            return part
        real = np.asarray(part, np.result_type(part.dtype, np.float32))
        real[part == self._fill] = np.nan
        return real


class _File(Stack):
    """A stack that closes the HDF5 file too."""

    def __init__(self, file: Any, stack: Stack) -> None:
        super().__init__()
        self._file, self._stack = file, stack
        self.notes = stack.notes

    def __len__(self) -> int:
        return len(self._stack)

    def shape(self) -> tuple[int, int]:
        return self._stack.shape()

    def read(self, index: int) -> Any:
        return self._stack.read(index)

    def close(self) -> None:
        self._file.close()


def open_hdf5(stream: BinaryIO, name: str, array: str | None = None) -> Stack:
    """The frames of an HDF5 file.

    Frames lie along the first axis; in a file of MATLAB or Octave, which store axes in reverse
    order, along the last axis as MATLAB shows it.

    Args:
        stream: the opened file.
        name: name of the file.
        array: path of the data set, with or without the slash in front; see
            :func:`irpoint.frames.files.array_stack.open_arrays`.

    Raises:
        FrameError: if h5py is not installed; if there is no such data set, or no data set or
            several that may be frames; or if the pixels are in another file.
    """
    h5py = import_extra("h5py", "hdf5", "HDF5", FrameError)
    # h5py reads a path faster than a Python stream.
    place = stream if isinstance(stream, io.BytesIO) else stream.name
    file = h5py.File(place, "r", locking=False) if place is not stream else h5py.File(stream, "r")
    try:
        found: dict[str, Any] = {}

        def visit(path: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset) and not path.startswith(_INTERNAL):
                found[f"/{path}"] = item

        file.visititems(visit)
        datasets = {path: item for path, item in found.items() if _holds_numbers(item)}
        wanted = array if array is None or array.startswith("/") else f"/{array}"
        reverse = any(map(_is_matlab, found.values()))
        arrays = {path: _DataSet(item) for path, item in datasets.items()}
        stack = open_arrays(arrays, name, wanted, "last" if reverse else "first", reverse)
        _check_inside(datasets if wanted is None else {wanted: datasets[wanted]})
    except BaseException:
        file.close()
        raise
    return _File(file, stack)


def _holds_numbers(item: Any) -> bool:
    return (
        item.shape is not None
        and item.dtype.kind in "buif"
        and item.attrs.get("MATLAB_class") not in _NOT_NUMBERS
    )


def _is_matlab(item: Any) -> bool:
    return "MATLAB_class" in item.attrs or "OCTAVE_NEW_FORMAT" in item.parent.attrs


def _check_inside(datasets: dict[str, Any]) -> None:
    """A file from elsewhere must not make irpoint read other files of this machine."""
    for path, item in datasets.items():
        if item.external or item.is_virtual:
            raise FrameError(f"{path} has its pixels in another file; give that file")


def is_hdf5(head: bytes) -> bool:
    """Whether a file that starts with ``head`` is HDF5. MATLAB puts 512 bytes before it."""
    return head.startswith(_SIGNATURE) or head[512:520] == _SIGNATURE
