"""Frame pixels ↔ network pixels: the input scale of a model, its resize and its padding.

Coordinates are (x, y) with pixel centres at integers. Our resize keeps pixel *edges* in place, so
network x = (frame x + ½)·s − ½; published weights were trained with *corner* pixels in place.
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
_LEAST_CELLS = 3  # a side, among which exported graphs look for a peak


@dataclass(frozen=True)
class Placement:
    """Where a frame lies in the network input: frame = network · factor + shift, in x and in y."""

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
    """The scale at which a model sees frames: ``native``, or ``fit:N`` = longest side N pixels."""

    longest: int | None = None

    @classmethod
    def parse(cls, text: str) -> InputScale:
        """``"native"`` or ``"fit:512"``.

        Raises:
            SettingsError: for anything else.
        """
        if text == "native":
            return cls()
        kind, _, number = text.partition(":")
        if kind != "fit" or not _digits(number) or not 16 <= int(number) <= 16384:
            raise SettingsError(
                f"input scale {text!r}: write 'native' or 'fit:N', N from 16 to 16384"
            )
        return cls(int(number))

    def __str__(self) -> str:
        return "native" if self.longest is None else f"fit:{self.longest}"

    def size(self, shape: tuple[int, int]) -> tuple[int, int]:
        """(height, width) of a frame of ``shape`` at this scale."""
        if self.longest is None:
            return shape
        ratio = self.longest / max(shape)
        return max(1, round(shape[0] * ratio)), max(1, round(shape[1] * ratio))


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def fit(frame: Image2D, scale: InputScale) -> tuple[Image2D, Placement]:
    """Bring a float32 frame (H, W) to the model's scale; shrinking averages, so nothing is lost."""
    height, width = scale.size((frame.shape[0], frame.shape[1]))
    factor = (frame.shape[1] / width, frame.shape[0] / height)
    placement = Placement(factor, (0.5 * factor[0] - 0.5, 0.5 * factor[1] - 0.5))
    if (height, width) == frame.shape:
        return frame, placement
    picture = Image.fromarray(np.ascontiguousarray(frame))
    resized = picture.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32), placement


def pad(frame: Image2D, multiple: int) -> Image2D:
    """Repeat the last row and column until both sides are multiples, 3 or more, of ``multiple``."""
    bottom, right = (
        max(-(-side // multiple), _LEAST_CELLS) * multiple - side for side in frame.shape
    )
    return np.pad(frame, ((0, bottom), (0, right)), mode="edge") if bottom or right else frame


def letterbox(frame: Image2D, side: int) -> tuple[Image2D, Placement]:
    """Published resize: corner-aligned, bilinear, into the middle of ``side`` × ``side`` zeros."""
    height, width = frame.shape
    factor = (max(height, width) - 1) / (side - 1)
    shift = tuple((n - 1) / 2 - factor * (side - 1) / 2 for n in (width, height))
    # Pillow's transform counts pixel edges, hence the halves.
    offsets = [0.5 + s - 0.5 * factor for s in shift]
    coefficients = (factor, 0.0, offsets[0], 0.0, factor, offsets[1])
    picture = Image.fromarray(np.ascontiguousarray(frame)).transform(
        (side, side), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(picture, np.float32), Placement((factor, factor), (shift[0], shift[1]))


def to_network(
    frame: Image2D, scale: InputScale, resize: Resize, multiple: int, low: float = 0.0
) -> tuple[Image2D, Placement]:
    """Frame (H, W) → network input (h, w) and its placement.

    Args:
        frame: float32 (H, W), in counts or normalised.
        scale: the input scale on the model's card.
        resize: ``half-pixel`` (ours) or ``corner`` (published weights; needs a ``fit`` scale).
        multiple: the sides of the network input are padded to multiples of this, three or more.
        low: the value that is 0 once normalised; published weights have it around the frame.
    """
    if resize == "corner":
        if scale.longest is None:
            raise SettingsError("resize 'corner' needs an input scale 'fit:N', not 'native'")
        boxed, placement = letterbox(frame - np.float32(low), scale.longest)
        return boxed + np.float32(low), placement
    fitted, placement = fit(frame, scale)
    return pad(fitted, multiple), placement
