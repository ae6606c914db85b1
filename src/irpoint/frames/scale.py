"""Frame pixels ↔ network pixels: input scale, resize and padding.

Coordinates are (x, y) with pixel centres at integers. The ``half-pixel`` resize keeps pixel edges
in place, so network x = (frame x + ½)·s − ½. Published weights were trained with the ``corner``
resize, which keeps the centres of the corner pixels in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from irpoint.errors import SettingsError

Resize = Literal["half-pixel", "corner"]
Image2D = npt.NDArray[np.float32]
_MIN_CELLS = 3  # along each side, because exported graphs find peaks in 3 × 3 cells


@dataclass(frozen=True)
class Placement:
    """Mapping from network to frame coordinates: frame = network · factor + shift, in x and y."""

    factor: tuple[float, float]
    shift: tuple[float, float]

    def to_frame(self, xy: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Network pixels (N, 2) → frame pixels (N, 2)."""
        return np.asarray(xy, np.float64) * self.factor + self.shift

    def to_network(self, xy: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Frame pixels (N, 2) → network pixels (N, 2)."""
        return (np.asarray(xy, np.float64) - self.shift) / self.factor


@dataclass(frozen=True)
class InputScale:
    """Scale at which a model sees frames: ``native``, or ``fit:N`` for a longest side of N pixels.

    Attributes:
        longest: N, or None for ``native``.
    """

    longest: int | None = None

    @classmethod
    def parse(cls, text: str) -> InputScale:
        """Scale from its text, such as ``native`` or ``fit:512``.

        Raises:
            SettingsError: if the text has another form.
        """
        if text == "native":
            return cls()
        kind, _, number = text.partition(":")
        if kind != "fit" or not _digits(number) or not 16 <= int(number) <= 16384:
            raise SettingsError(
                f"input scale {text!r}: give 'native' or 'fit:N' with N from 16 to 16384"
            )
        return cls(int(number))

    def __str__(self) -> str:
        return "native" if self.longest is None else f"fit:{self.longest}"

    def size(self, shape: tuple[int, int]) -> tuple[int, int]:
        """(height, width) at this scale of a frame of ``shape``."""
        if self.longest is None:
            return shape
        ratio = self.longest / max(shape)
        return max(1, round(shape[0] * ratio)), max(1, round(shape[1] * ratio))


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def fit(frame: Image2D, scale: InputScale) -> tuple[Image2D, Placement]:
    """Resize a float32 frame (H, W) to a scale, with pixel edges in place.

    Shrinking averages pixels, so that no target is lost between samples.
    """
    height, width = scale.size((frame.shape[0], frame.shape[1]))
    factor = (frame.shape[1] / width, frame.shape[0] / height)
    placement = Placement(factor, (0.5 * factor[0] - 0.5, 0.5 * factor[1] - 0.5))
    if (height, width) == frame.shape:
        return frame, placement
    image = Image.fromarray(np.ascontiguousarray(frame))
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32), placement


def pad(frame: Image2D, multiple: int) -> Image2D:
    """Repeat the last row and column up to sides of n · ``multiple`` pixels, n ≥ 3."""
    bottom, right = (
        max(-(-side // multiple), _MIN_CELLS) * multiple - side for side in frame.shape
    )
    return np.pad(frame, ((0, bottom), (0, right)), mode="edge") if bottom or right else frame


def letterbox(frame: Image2D, side: int) -> tuple[Image2D, Placement]:
    """Resize as the publications do: bilinear, corners aligned, centred in a square of zeros."""
    height, width = frame.shape
    factor = (max(height, width) - 1) / (side - 1)
    shift = tuple((n - 1) / 2 - factor * (side - 1) / 2 for n in (width, height))
    # Pillow's transform counts from pixel edges, so half a pixel is added and subtracted.
    offsets = [0.5 + s - 0.5 * factor for s in shift]
    coefficients = (factor, 0.0, offsets[0], 0.0, factor, offsets[1])
    image = Image.fromarray(np.ascontiguousarray(frame)).transform(
        (side, side), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(image, np.float32), Placement((factor, factor), (shift[0], shift[1]))


def to_network(
    frame: Image2D, scale: InputScale, resize: Resize, multiple: int, low: float = 0.0
) -> tuple[Image2D, Placement]:
    """Frame (H, W) → network input (h, w) and the placement of the frame in it.

    Args:
        frame: float32 (H, W), in counts or normalised.
        scale: input scale of the model.
        resize: ``half-pixel``; or ``corner`` for published weights, which needs a ``fit`` scale.
        multiple: ``half-pixel`` input is padded to sides of n · ``multiple`` pixels, n ≥ 3.
        low: value that normalisation maps to 0; ``corner`` fills the surroundings with it.

    Raises:
        SettingsError: if ``resize`` is ``corner`` and the scale is ``native``.
    """
    if resize == "corner":
        if scale.longest is None:
            raise SettingsError("resize 'corner' needs an input scale 'fit:N', not 'native'")
        boxed, placement = letterbox(frame - np.float32(low), scale.longest)
        return boxed + np.float32(low), placement
    fitted, placement = fit(frame, scale)
    return pad(fitted, multiple), placement
