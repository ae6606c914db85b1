"""A frame at network scale, ready for the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.frames.scale import Placement
from irpoint.points import Status


@dataclass(frozen=True)
class Prepared:
    """A frame at network scale.

    Attributes:
        frame: (height, width), the frame itself in its data type, in counts.
        image: float32 (h, w), in counts.
        levels: (low, high) in counts of the image, which the network maps to 0 and 1.
        placement: network pixels ↔ frame pixels.
        shape: (height, width) of the original frame.
        dark: whether the image is inverted to find dark targets: counts below the upper level.
        foreign: bool (height, width), pixels that show no scene; None if there are none.
        status: whether targets can be found, see :func:`irpoint.frames.scene.judge`.
    """

    frame: npt.NDArray[Any]
    image: npt.NDArray[np.float32]
    levels: tuple[float, float]
    placement: Placement
    shape: tuple[int, int]
    dark: bool
    foreign: npt.NDArray[np.bool_] | None
    status: Status
