"""The extent of a labelled target, from its mask or box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Extent:
    """The extent of one target, in frame pixels.

    Attributes:
        low, high: (2,) the edges of the box, left and top, right and bottom. A target of the one
            pixel (3, 5) extends from (2.5, 4.5) to (3.5, 5.5).
        pixels: (K, 2) centres of the pixels of the target; None if only the box is known.
        size: (2,) width and height of such a pixel.
    """

    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    pixels: Pixels | None = None
    size: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def of_box(cls, left: float, top: float, right: float, bottom: float) -> Extent:
        """From the edges of a box, in either order."""
        corners = np.array([[left, top], [right, bottom]])
        return cls(corners.min(axis=0), corners.max(axis=0))

    @classmethod
    def of_pixels(cls, pixels: Pixels, size: tuple[float, float] = (1.0, 1.0)) -> Extent:
        """From the centres of the pixels of a target."""
        half = np.array(size) / 2
        return cls(pixels.min(axis=0) - half, pixels.max(axis=0) + half, pixels, size)

    @property
    def half(self) -> npt.NDArray[np.float64]:
        """(2,) half the width and half the height of the box."""
        return (self.high - self.low) / 2

    def holds(self, xy: npt.NDArray[np.float64]) -> bool:
        """Whether a position is on a pixel of the target, or in its box if it has no pixels."""
        if self.pixels is None:
            return bool((xy >= self.low).all() and (xy <= self.high).all())
        return bool((np.abs(self.pixels - xy) <= np.array(self.size) / 2).all(axis=1).any())
