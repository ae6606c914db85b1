"""MAT files of MATLAB and Octave, versions 4 to 7; version 7.3 is HDF5."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import numpy as np

from irpoint.errors import FrameError
from irpoint.frames.files.array_stack import open_arrays
from irpoint.frames.files.mat5 import is_complex
from irpoint.frames.stack import Stack

_CLASSES = ("single", "double", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
            "uint64", "logical")  # fmt: skip
_NUMPY = {"single": "float32", "double": "float64", "logical": "bool"}


class _Variable:
    """A variable of a file, read whole when it is indexed for the first time."""

    def __init__(self, stream: BinaryIO, name: str, shape: tuple[int, ...], kind: str) -> None:
        self._stream, self._name = stream, name
        self.shape, self.dtype = shape, np.dtype(_NUMPY.get(kind, kind))
        self._array: Any = None

    def __getitem__(self, index: tuple[int | slice, ...]) -> Any:
        if self._array is None:
            from scipy.io import loadmat  # a tenth of a second that few files need

            self._stream.seek(0)
            found = loadmat(self._stream, variable_names=[self._name])
            self._array = found[self._name]
        return self._array[index]


def open_mat(stream: BinaryIO, name: str, array: str | None = None) -> Stack:
    """The frames of a MAT file. MATLAB counts frames along the last axis.

    Args:
        stream: the opened file.
        name: name of the file.
        array: name of the variable; see :func:`irpoint.frames.files.array_stack.open_arrays`.

    Raises:
        FrameError: if there is no such variable, or no variable or several that may be frames.
    """
    from scipy.io import whosmat

    stream.seek(0)
    listed = whosmat(stream)
    variables = {
        key: _Variable(stream, key, shape, "complex128" if is_complex(stream, key) else kind)
        for key, shape, kind in listed
        if kind in _CLASSES
    }
    if array is not None and array not in variables and array in [key for key, *_ in listed]:
        raise FrameError(f"{array} is not an array of numbers; give another variable")
    return open_arrays(variables, name, array, "last")


def is_mat(head: bytes) -> bool:
    """Whether a file that starts with ``head`` is a MAT file of version 4 to 7."""
    if head.startswith(b"MATLAB 5.0"):
        return True
    return any(_is_version_4(head, order) for order in "<>")


def _is_version_4(head: bytes, order: str) -> bool:
    """Whether the first 20 bytes are the header of a variable: type, sides, name.

    Source: "MAT-File Format", The MathWorks, chapter 2.
    """
    if len(head) < 21:
        return False
    kind, rows, columns, imaginary, length = struct.unpack_from(f"{order}5i", head)
    machine, zero, precision, matrix = kind // 1000, kind // 100 % 10, kind // 10 % 10, kind % 10
    plausible = machine == (order == ">") and zero == 0 and precision < 6 and matrix < 3
    sides = 0 < rows < 1 << 20 and 0 < columns < 1 << 20 and imaginary in (0, 1)
    if not (plausible and kind >= 0 and sides and 1 < length < 64):
        return False
    name = head[20 : 20 + length]
    return name.endswith(b"\0") and name[:-1].decode("latin1").isidentifier()
