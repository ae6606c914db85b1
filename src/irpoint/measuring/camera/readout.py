"""Which pixels of the calibrated image a frame has: a window of it, and binning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Readout:
    """How the pixels of a frame lie in the image that the calibration is for.

    Attributes:
        size: (width, height) of the calibrated image; None if unknown.
        window: (x, y, width, height) of the part that is read out, in pixels of the calibrated
            image; None for all of it.
        binning: number of columns and of rows that become one pixel of the frame.
    """

    size: tuple[int, int] | None = None
    window: tuple[int, int, int, int] | None = None
    binning: tuple[int, int] = (1, 1)

    def from_frame(self, xy: Floats) -> Floats:
        """Frame pixels (N, 2) → pixels of the calibrated image.

        A binned pixel's centre is the middle of the pixels that it sums up.
        """
        corner = np.array(self.window[:2] if self.window else (0, 0))
        full: Floats = corner + np.array(self.binning) * (xy + 0.5) - 0.5
        return full

    def to_frame(self, full: Floats) -> Floats:
        """Pixels (N, 2) of the calibrated image → frame pixels."""
        corner = np.array(self.window[:2] if self.window else (0, 0))
        xy: Floats = (full - corner + 0.5) / np.array(self.binning) - 0.5
        return xy

    @property
    def frame_size(self) -> tuple[int, int] | None:
        """(width, height) of the frames; None if unknown."""
        whole = self.window[2:] if self.window else self.size
        return whole and (whole[0] // self.binning[0], whole[1] // self.binning[1])

    def misfit(self, shape: tuple[int, int]) -> str:
        """Why a frame of ``shape`` (height, width) is not one of these; empty if it may be one."""
        width, height = shape[1], shape[0]
        if self.frame_size in (None, (width, height)):
            return ""
        assert self.frame_size is not None
        text = f"is for frames of {_size(self.frame_size)}, not {_size((width, height))}: "
        across, down = (a / b for a, b in zip(self.frame_size, (width, height), strict=True))
        if self.binning == (1, 1) and across == down and across.is_integer():
            return (
                f"{text}if the camera bins {across:g}×{across:g} pixels, add 'irpoint: "
                f"{{binning: {across:g}}}' to it; otherwise, calibrate at the size of the frames"
            )
        if width <= self.frame_size[0] and height <= self.frame_size[1]:
            return (
                f"{text}if the camera reads out a part, add 'irpoint: {{window: [X, Y, WIDTH, "
                "HEIGHT]}' to it; otherwise, calibrate at the size of the frames"
            )
        return f"{text}calibrate at the size of the frames, or cut off what is no scene with --cut"


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"
