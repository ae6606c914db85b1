"""The directions of points: :class:`Angles`, an optional part of a ``FrameResult``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Reference = Literal["camera", "platform", "north-east-down"]
"""The axes that angles refer to."""
AXES: dict[Reference, str] = {
    "camera": "azimuth from the optical axis, positive to the right, -180 to 180; "
    "elevation from the plane of the optical axis and the image rows, positive upwards",
    "platform": "azimuth from forward, positive to the right, -180 to 180; "
    "elevation from the plane of forward and right, positive upwards",
    "north-east-down": "azimuth from north, positive to the east, 0 to 360; "
    "elevation from the horizon, positive upwards",
}
"""How azimuth and elevation are counted in each reference, in degrees."""


@dataclass(frozen=True, eq=False)
class Angles:
    """Directions of N points in degrees, in the order of the points.

    Attributes:
        azimuth: float64 (N,), see :data:`AXES`; NaN if the camera model gives the pixel no
            direction.
        elevation: float64 (N,), -90 to 90; NaN like the azimuth.
        azimuth_std: float64 (N,), standard deviation of the azimuth, from that of the point's place
            alone; NaN if the point was not measured. At most 103.92, which is that of an unknown
            azimuth.
        elevation_std: float64 (N,), standard deviation of the elevation, likewise.
        reference: the axes of the angles.

    Raises:
        ValueError: if the lengths differ.
    """

    azimuth: Floats
    elevation: Floats
    azimuth_std: Floats
    elevation_std: Floats
    reference: Reference = "camera"

    def __post_init__(self) -> None:
        for name in COLUMNS:
            values = np.asarray(getattr(self, name), np.float64).reshape(-1)
            object.__setattr__(self, name, values)
        lengths = {len(getattr(self, name)) for name in COLUMNS}
        if len(lengths) > 1:
            raise ValueError(f"columns of different lengths: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.azimuth)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Angles):
            return NotImplemented
        return self.reference == other.reference and all(
            np.array_equal(getattr(self, name), getattr(other, name), equal_nan=True)
            for name in COLUMNS
        )

    def rows(self) -> list[list[float]]:
        """The values of each point, in the order of :data:`COLUMNS`."""
        rows: list[list[float]] = np.column_stack(
            [getattr(self, name) for name in COLUMNS]
        ).tolist()
        return rows


COLUMNS = ("azimuth", "elevation", "azimuth_std", "elevation_std")
"""The names of the values of a direction, in the order of the output columns."""
