"""The region of interest: a rectangle, and a mask of pixels to ignore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.errors import SettingsError
from irpoint.points import Points


@dataclass(frozen=True)
class Region:
    """Keeps the points inside a rectangle and outside ignored pixels.

    The network still processes the whole frame, because the context around the region helps.

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

    def select(self, points: Points, shape: tuple[int, int]) -> Points:
        """The points inside the region, of a frame of ``shape`` that :meth:`check` accepts."""
        keep = np.ones(len(points), bool)
        x, y = points.xy.T
        if self.roi is not None:
            x0, y0, x1, y1 = self.roi
            keep &= (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
        if self.ignored is not None:
            rows = np.clip(np.round(y).astype(int), 0, shape[0] - 1)
            columns = np.clip(np.round(x).astype(int), 0, shape[1] - 1)
            keep &= self.ignored[rows, columns] == 0
        return points[keep]


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]}"
