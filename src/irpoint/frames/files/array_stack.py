"""The frames of one or several arrays, as NumPy, MATLAB, HDF5 and FITS files hold them."""

from __future__ import annotations

import bisect
import math
import sys
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Protocol

import numpy as np
from PIL import Image

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame, to_frame
from irpoint.frames.files.axes import Order, find_axes
from irpoint.frames.natural import natural_key
from irpoint.frames.notes import Note
from irpoint.frames.stack import Stack

_MIN_SIDE = 8  # a smaller array beside others is a table or a matrix, not a frame
_LISTED = 6  # names in a message


class Array(Protocol):
    """An array that may lie in a file: part of it is read when it is indexed."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of elements along each axis."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of an element."""
        ...

    def __getitem__(self, index: tuple[int | slice, ...], /) -> Any:
        """The part of the array at ``index``."""
        ...


class ArrayStack(Stack):
    """The frames of one array.

    Args:
        array: any shape that :func:`irpoint.frames.files.axes.find_axes` accepts; further axes of
            length 1 in front are ignored.
        name: name of the file in messages.
        order: the convention of the format about the axes.
        reverse: whether the file stores the axes in reverse order.

    Raises:
        FrameError: if the array has another shape or type, or has no frame.
    """

    def __init__(
        self, array: Array, name: str, order: Order = "first", *, reverse: bool = False
    ) -> None:
        super().__init__()
        if array.dtype.kind not in "buif":
            raise FrameError(
                f"cannot use pixels of type {array.dtype}; give integers or real numbers"
            )
        self._array, self._name, self._reverse = array, name, reverse
        shape = tuple(array.shape[::-1] if reverse else array.shape)
        self._skip = 0
        while len(shape) - self._skip > 3 and shape[self._skip] == 1:
            self._skip += 1
        self._axes = find_axes(shape[self._skip :], order, array.dtype == np.uint8)
        self._ndim = len(shape)
        limit = 2 * (Image.MAX_IMAGE_PIXELS or sys.maxsize)  # Pillow's own
        if math.prod(self._axes.shape) > limit:
            raise FrameError(f"shape {shape} has more than {limit} pixels per frame")
        if not self._axes.count:
            raise FrameError(f"no frames (shape {shape}); give a non-empty array")

    def __len__(self) -> int:
        return self._axes.count

    def shape(self) -> tuple[int, int]:
        self._check_single()
        return self._axes.shape

    def read(self, index: int) -> Frame:
        if self._axes.note:
            self.notes.append(Note("axes", self._axes.note))
        where: list[int | slice] = [slice(None)] * self._ndim
        where[: self._skip] = [0] * self._skip
        channel = self._axes.channel
        if self._axes.time is not None:
            where[self._skip + self._axes.time] = index
            if channel is not None and channel > self._axes.time:
                channel -= 1
        # A copy, because the file may change once it is closed.
        part = np.array(self._array[tuple(where[::-1] if self._reverse else where)])
        part = part.T if self._reverse else part
        pixels = part if channel is None else np.moveaxis(part, channel, -1)
        return to_frame(pixels, self._name, self.notes)


class JoinedStack(Stack):
    """Stacks one after the other."""

    def __init__(self, parts: Sequence[Stack]) -> None:
        super().__init__()
        self._parts = parts
        self._ends = list(accumulate(len(part) for part in parts))

    def __len__(self) -> int:
        return self._ends[-1]

    def read(self, index: int) -> Frame:
        number = bisect.bisect_right(self._ends, index)
        part = self._parts[number]
        frame = part.read(index - (self._ends[number - 1] if number else 0))
        self.notes += part.notes
        part.notes.clear()
        return frame


def open_arrays(
    arrays: Mapping[str, Array],
    name: str,
    wanted: str | None,
    order: Order = "first",
    reverse: bool = False,
) -> Stack:
    """The frames of a file that holds arrays with names.

    Args:
        arrays: all arrays of the file.
        name: name of the file.
        wanted: name of the array to read. None for the only one that may be frames, or for several
            whose names differ in a number only, and whose shapes and types are the same.
        order, reverse: see :class:`ArrayStack`.

    Raises:
        FrameError: if there is no such array, or no array or several that may be frames.
    """
    stacks = [
        ArrayStack(arrays[key], f"{name}:{key}" if len(arrays) > 1 else name, order,
                   reverse=reverse)
        for key in _choose(arrays, wanted, name)
    ]  # fmt: skip
    return stacks[0] if len(stacks) == 1 else JoinedStack(stacks)


def _choose(arrays: Mapping[str, Array], wanted: str | None, name: str) -> list[str]:
    """Names of the arrays to read, in order."""
    if wanted is not None:
        for key in (wanted, f"/{wanted}"):
            if key in arrays:
                return [key]
        raise FrameError(f"no array {wanted!r}; it has {_listed(arrays)}")
    found = [key for key, array in arrays.items() if _may_be_frames(array)]
    if len(found) > 1:
        found = [key for key in found if _is_large(arrays[key])] or found
    if not found:
        raise FrameError(f"no array of numbers with rows and columns; it has {_listed(arrays)}")
    if len(found) == 1 or _is_sequence({key: arrays[key] for key in found}):
        return sorted(found, key=natural_key)
    listed = _listed({key: arrays[key] for key in found})
    raise FrameError(f"{len(found)} arrays may be frames: {listed}; give one, such as "
                     f"{name}:{found[0]}")  # fmt: skip


def _may_be_frames(array: Array) -> bool:
    return array.dtype.kind in "buif" and 2 <= sum(side > 1 for side in array.shape) <= 4


def _is_large(array: Array) -> bool:
    return sum(side >= _MIN_SIDE for side in array.shape) >= 2


def _is_sequence(arrays: Mapping[str, Array]) -> bool:
    """Whether names differ in one number only, as ``arr_0``, ``arr_1``, and arrays are alike."""
    keys = [natural_key(key) for key in arrays]
    kinds = {(array.shape, array.dtype.str) for array in arrays.values()}
    lengths = {len(key) for key in keys}
    if len(kinds) > 1 or len(lengths) > 1:
        return False
    varying = [parts for parts in zip(*keys, strict=True) if len(set(parts)) > 1]
    return len(varying) == 1 and all(not number for number, *_ in varying[0])


def _listed(arrays: Mapping[str, Array]) -> str:
    shown = [f"{key} {array.shape} {array.dtype}" for key, array in arrays.items()][:_LISTED]
    more = len(arrays) - len(shown)
    return ", ".join([*shown, f"{more} more"] if more else shown) or "none"
