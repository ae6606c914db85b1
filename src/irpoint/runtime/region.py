"""The region of interest: a rectangle, and a mask of pixels to ignore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.errors import SettingsError
from irpoint.points import Points

_MIN_SIDE = 128  # px; levels of a smaller rectangle would be those of its target


@dataclass(frozen=True)
class Region:
    """Keeps the points inside a rectangle and outside ignored pixels.

    Levels are measured inside the region, see :meth:`surroundings`. The network still processes the
    whole frame, because the context around the region helps.

    Attributes:
        roi: (x0, y0, x1, y1) in frame pixels, both corners included; None is the whole frame.
        ignored: (H, W) mask; points on pixels that are not zero are dropped. None drops no point.
    """

    roi: tuple[float, float, float, float] | None = None
    ignored: npt.NDArray[Any] | None = None

    def __post_init__(self) -> None:
        if self.roi is not None and not (self.roi[0] < self.roi[2] and self.roi[1] < self.roi[3]):
            raise SettingsError(f"roi {self.roi}: write x0,y0,x1,y1 with x0 < x1 and y0 < y1")

    @classmethod
    def parse_roi(cls, text: str) -> tuple[float, float, float, float]:
        """``"x0,y0,x1,y1"`` → four numbers."""
        try:
            x0, y0, x1, y1 = (float(part) for part in text.split(","))
        except ValueError:
            raise SettingsError(f"roi {text!r}: write four numbers, x0,y0,x1,y1") from None
        return x0, y0, x1, y1

    def check(self, shape: tuple[int, int]) -> None:
        """Check that the region fits a frame of ``shape`` (height, width).

        Raises:
            SettingsError: if the rectangle is outside the frame, or the shape of the ignore mask is
                not that of the frame.
        """
        if self.roi is not None:
            x0, y0, x1, y1 = self.roi
            if x1 < 0 or y1 < 0 or x0 > shape[1] - 1 or y0 > shape[0] - 1:
                raise SettingsError(
                    f"roi {x0:g},{y0:g},{x1:g},{y1:g} is outside the frame of {_size(shape)}: "
                    "give a rectangle inside it"
                )
        if self.ignored is not None and self.ignored.shape != shape:
            raise SettingsError(
                f"ignore mask is {_size(self.ignored.shape)}, the frame {_size(shape)}: "
                "give a mask of the frame's size"
            )

    def select(self, points: Points, shape: tuple[int, int], margin: float = 0.0) -> Points:
        """The points inside the region, of a frame of ``shape`` that :meth:`check` accepts.

        Up to ``margin`` pixels around the rectangle count as inside.
        """
        keep = np.ones(len(points), bool)
        x, y = points.xy.T
        if self.roi is not None:
            x0, y0, x1, y1 = np.array(self.roi) + margin * np.array([-1, -1, 1, 1])
            keep &= (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
        if self.ignored is not None:
            keep &= at_pixels(self.ignored, points) == 0
        return points[keep]

    def pixels(self, shape: tuple[int, int]) -> int:
        """Number of pixels at which points are kept, of a frame of ``shape``."""
        inside = np.ones(shape, bool)
        if self.roi is not None:
            x0, y0, x1, y1 = self.roi
            rows, columns = np.ogrid[: shape[0], : shape[1]]
            inside &= (columns >= x0) & (columns <= x1) & (rows >= y0) & (rows <= y1)
        if self.ignored is not None:
            inside &= self.ignored == 0
        return int(inside.sum())

    def surroundings(self, shape: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of the rectangle, or of a larger one if it is too small for levels."""
        if self.roi is None:
            return slice(0, shape[0]), slice(0, shape[1])
        x0, y0, x1, y1 = self.roi
        return _at_least(y0, y1, shape[0]), _at_least(x0, x1, shape[1])


def _at_least(first: float, last: float, side: int) -> slice:
    """Pixels from ``first`` to ``last``, and equally more on both sides if they are too few."""
    first, last = max(0, round(first)), min(side - 1, round(last))
    missing = max(0, _MIN_SIDE - (last - first + 1))
    start = min(max(0, first - missing // 2), max(0, side - _MIN_SIDE))
    return slice(start, max(last + 1, start + _MIN_SIDE))


def at_pixels(mask: npt.NDArray[Any], points: Points) -> npt.NDArray[Any]:
    """The values of a mask (H, W) at the pixels that the points lie on."""
    columns, rows = np.round(points.xy).astype(int).T
    height, width = mask.shape
    values: npt.NDArray[Any] = mask[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return values


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]}"
