"""A filter of the size of a point target, minus its mean on a ring around the target.

The filter weighs 1, 2, 2, 1 pixels along each axis, which leaves 0.92 to 0.96 of the
signal-to-noise ratio of a Gaussian of 0.8 to 1.2 px. Frames are filtered in strips that fit the
cache of a processor.
"""

from __future__ import annotations

import numpy as np

from irpoint.tracking.background import Plane
from irpoint.tracking.noise import CELL, mean_of_cells

OFFSET = 0.5  # px by which the middle of the filter lies after a value's pixel, along each axis
_RING = 5  # px between the middle and the ring
_EDGE = _RING + 3  # px by which a frame is continued
_STRIP = 16 * CELL  # rows


class MatchedFilter:
    """Filters successive planes of one size, in memory that is used again."""

    def __init__(self) -> None:
        self._padded = np.empty((0, 0), np.float32)
        self._filtered = np.empty((0, 0), np.float32)
        self._lines = np.empty((0, 0), np.float32)

    def __call__(self, plane: Plane) -> tuple[Plane, Plane]:
        """The filtered plane (H, W), until the next call, and its mean square in cells.

        The mean of each column is subtracted, because sensors have patterns of columns.
        """
        height, width = plane.shape
        if self._filtered.shape != plane.shape:
            self._filtered = np.empty_like(plane)
            self._padded = np.empty((height + 2 * _EDGE, width + 2 * _EDGE), np.float32)
            longest = (min(_STRIP, height) + 2 * _EDGE) * self._padded.shape[1]
            self._lines = np.empty((5, longest), np.float32)
        np.subtract(plane, plane.mean(axis=0), out=self._padded[_EDGE:-_EDGE, _EDGE:-_EDGE])
        _reflect(self._padded, _EDGE)
        powers = []
        for top in range(0, height, _STRIP):
            rows = min(_STRIP, height - top)
            strip = self._strip(self._padded[top : top + rows + 2 * _EDGE], width)
            self._filtered[top : top + rows] = strip
            np.multiply(strip, strip, out=strip)
            powers.append(mean_of_cells(strip))
        return self._filtered, np.concatenate(powers)

    def _strip(self, padded: Plane, inside: int) -> Plane:
        """Rows of the frame, filtered; ``inside`` is their width without padding."""
        one, two, three, four, five = self._lines
        width, r = padded.shape[1], _RING
        # Beside the right edge of a row lies the left one of the next, which is cut off in the end.
        matched = _weighted(_weighted(padded.reshape(-1), 1, one, two), width, one, three)
        across = np.add(matched[: -2 * r], matched[2 * r :], out=one[: len(matched) - 2 * r])
        below = 2 * r * width
        down = np.add(matched[:-below], matched[below:], out=four[: len(matched) - below])
        ring = np.add(across[:-below], across[below:], out=five[: len(across) - below])
        ring += across[r * width :][: len(ring)]
        ring += down[r:][: len(ring)]
        ring *= np.float32(-1 / 8)
        ring += matched[r * width + r :][: len(ring)]
        # The first value belongs to 1.5 px after the first pixel, and r px after that.
        first = (_EDGE - r - 1) * (width + 1)
        rows = len(padded) - 2 * _EDGE
        return ring[first : first + rows * width].reshape(rows, width)[:, :inside]


def _reflect(padded: Plane, edge: int) -> None:
    """Fill the edges with what lies inside of them."""
    for plane in (padded[edge:-edge].T, padded):
        plane[:edge] = plane[2 * edge : edge : -1]
        plane[-edge:] = plane[-edge - 2 : -2 * edge - 2 : -1]


def _weighted(line: Plane, step: int, work: Plane, out: Plane) -> Plane:
    """1, 2, 2, 1 of four values that are ``step`` apart, in the memory of ``out``."""
    pair = np.add(line[:-step], line[step:], out=work[: len(line) - step])
    three = np.add(pair[: -2 * step], pair[step:-step], out=out[: len(pair) - 2 * step])
    three += pair[2 * step :]
    return three
