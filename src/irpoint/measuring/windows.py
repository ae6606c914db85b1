"""The pixels around each point, gathered from the frame once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Windows:
    """Square windows of a frame, one per point, in which targets are bright.

    Attributes:
        centre: int (N, 2), frame pixel (column, row) in the middle of each window.
        offset: (N,) counts that ``values`` leave out.
        sign: (N,) −1 for dark targets, otherwise 1: frame = offset + sign · values.
        values: (N, S, S) counts, 0 where not ``valid``.
        valid: bool (N, S, S), pixels inside the frame that show the scene.
    """

    centre: npt.NDArray[np.int64]
    offset: FloatArray
    sign: FloatArray
    values: FloatArray
    valid: BoolArray

    @property
    def half(self) -> int:
        """Pixels on each side of the middle pixel."""
        return int(self.values.shape[1] // 2)

    def __getitem__(self, index: npt.NDArray[Any]) -> Windows:
        return Windows(*(values[index] for values in vars(self).values()))

    def of(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(N, S, S) pixels of another image (H, W) in these windows; the border is repeated."""
        return _cut(image, self.centre, self.half)[0]

    def middle(self, half: int, shift: npt.NDArray[np.int64] | None = None) -> Windows:
        """Smaller windows of 2·half + 1 pixels, moved by ``shift`` (N, 2) pixels."""
        values, valid = (middle(image, half, shift) for image in (self.values, self.valid))
        centre = self.centre if shift is None else self.centre + shift
        return Windows(centre, self.offset, self.sign, values, valid)


def pick(images: npt.NDArray[Any], index: npt.NDArray[np.intp]) -> npt.NDArray[Any]:
    """``images[index]`` of increasing numbers; the images themselves if that is all of them."""
    return images if len(index) == len(images) else images[index]


def nearest_pixel(xy: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int64]:
    """Pixels (N, 2) nearest to places. A half is rounded up, so that a shift moves all alike."""
    return np.asarray(np.floor(xy + 0.5), np.int64)


def middle(
    images: npt.NDArray[Any], half: int, shift: npt.NDArray[np.int64] | None = None
) -> npt.NDArray[Any]:
    """The middle (N, 2·half + 1, 2·half + 1) of images (N, S, S), moved by ``shift`` (N, 2) px."""
    first = images.shape[1] // 2 - half
    size = 2 * half + 1
    if shift is None or not shift.any():
        return images[:, first : first + size, first : first + size]
    parts = sliding_window_view(images, (size, size), (1, 2))
    return np.asarray(parts[np.arange(len(images)), first + shift[:, 1], first + shift[:, 0]])


def gather(
    frame: npt.NDArray[Any],
    xy: npt.NDArray[np.floating[Any]],
    dark: BoolArray,
    foreign: BoolArray | None,
    half: int,
) -> Windows:
    """Gather windows of 2·half + 1 pixels around the pixels nearest to ``xy``.

    Args:
        frame: (H, W) counts of any numeric type; values that are not finite are not valid.
        xy: (N, 2) frame pixels; places outside the frame are moved to its border.
        dark: (N,) whether each target is darker than its surroundings.
        foreign: (H, W) pixels that show no scene.
        half: pixels on each side of the middle pixel.
    """
    height, width = frame.shape
    centre = nearest_pixel(np.clip(xy.astype(np.float64), 0, (width - 1, height - 1)))
    pixels, valid = _cut(frame, centre, half)
    values = pixels.astype(np.float64)
    if frame.dtype.kind == "f":
        valid &= np.isfinite(values)
    if foreign is not None:
        valid &= ~_cut(foreign, centre, half)[0]
    everything = bool(valid.all())
    if everything:
        offset = values.mean((1, 2))
    else:
        values[~valid] = 0.0
        offset = values.sum((1, 2)) / np.maximum(valid.sum((1, 2)), 1)
    values -= offset[:, None, None]
    sign = np.where(dark, -1.0, 1.0)
    if dark.any():
        values *= sign[:, None, None]
    if not everything:
        values[~valid] = 0.0
    return Windows(centre, offset, sign, values, valid)


def _cut(
    image: npt.NDArray[Any], centre: npt.NDArray[np.int64], half: int
) -> tuple[npt.NDArray[Any], BoolArray]:
    """Windows of an image, with its border repeated, and which of their pixels are inside it."""
    size = 2 * half + 1
    height, width = image.shape
    first = centre - half
    if len(first) and first.min() >= 0 and (first.max(0) + size <= (width, height)).all():
        parts = sliding_window_view(image, (size, size))[first[:, 1], first[:, 0]]
        return parts, np.ones(parts.shape, bool)
    steps = np.arange(size)
    rows, columns = first[:, 1:] + steps, first[:, :1] + steps
    row, column = np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)
    inside = (row == rows)[:, :, None] & (column == columns)[:, None, :]
    return image[row[:, :, None], column[:, None, :]], inside
