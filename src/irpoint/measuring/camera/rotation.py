"""Rotations of a camera on its platform, and of the platform in the world.

All axes here are forward, right, down, as is usual in aviation. In the world, they are north, east,
down.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

Floats = npt.NDArray[np.float64]

# A camera's axes are x right, y down, z forward.
FROM_CAMERA: Floats = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
"""(3, 3), from the axes of a camera to forward, right, down."""


class Rotation(BaseModel):
    """Yaw, pitch and roll in degrees: first yaw, then pitch, then roll, each about its new axis.

    Attributes:
        yaw: about the axis down, positive to the right.
        pitch: about the axis right, positive upwards.
        roll: about the axis forward, positive clockwise as seen from behind.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    yaw: float = Field(ge=-360, le=360)
    pitch: float = Field(ge=-90, le=90)
    roll: float = Field(ge=-180, le=180)

    def matrix(self) -> Floats:
        """(3, 3), from forward, right, down of what is rotated to those of what it is fixed to."""
        cos_y, cos_p, cos_r = np.cos(np.radians([self.yaw, self.pitch, self.roll]))
        sin_y, sin_p, sin_r = np.sin(np.radians([self.yaw, self.pitch, self.roll]))
        yaw = np.array([[cos_y, -sin_y, 0], [sin_y, cos_y, 0], [0, 0, 1]])
        pitch = np.array([[cos_p, 0, sin_p], [0, 1, 0], [-sin_p, 0, cos_p]])
        roll = np.array([[1, 0, 0], [0, cos_r, -sin_r], [0, sin_r, cos_r]])
        rotation: Floats = yaw @ pitch @ roll
        return rotation
