"""How viewers and labelling tools show a file, if that is not the frame that is read.

They turn or mirror a picture by its EXIF orientation, and show the picture of a radiometric JPEG,
which often has more pixels than the raw data.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from irpoint.frames.jpeg import orientation_of

_MAX_STRETCH = 0.01  # difference of the aspect ratios of a picture and the raw data


@dataclass(frozen=True)
class Shown:
    """A picture as it is shown.

    Attributes:
        stored: (height, width) of the picture in the file.
        orientation: 1 to 8, as in EXIF (TIFF 6.0, tag 274).
        frame: (height, width) of the frame that is read.
    """

    stored: tuple[int, int]
    orientation: int
    frame: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of the picture as it is shown."""
        return self.stored[::-1] if self.orientation >= 5 else self.stored

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the frame per pixel of the stored picture, in x and y."""
        return self.frame[1] / self.stored[1], self.frame[0] / self.stored[0]

    @property
    def is_frame(self) -> bool:
        """Whether positions in it can be converted to positions in the frame."""
        across, down = self.scale
        return abs(across / down - 1) <= _MAX_STRETCH

    def to_frame(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Positions (N, 2) in the picture as it is shown → in the frame."""
        height, width = self.stored
        x, y = xy.T if self.orientation < 5 else xy.T[::-1]
        if self.orientation in (2, 3, 7, 8):
            x = width - 1 - x
        if self.orientation in (3, 4, 6, 7):
            y = height - 1 - y
        return (np.stack((x, y), axis=-1) + 0.5) * self.scale - 0.5


def picture_as_shown(path: Path, frame: tuple[int, int]) -> Shown | None:
    """How tools show an image file whose frame has the shape ``frame``; None if no picture."""
    try:
        with Image.open(path) as image:
            return Shown((image.height, image.width), orientation_of(image.getexif()), frame)
    except Exception:  # Pillow raises errors of any type
        return None
