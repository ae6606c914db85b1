"""Frames of any bit depth → JPEG pictures for the page."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame
from irpoint.frames.levels import levels

_QUALITY = 90  # a target of SNR 3 stays visible
_MAX_PIXELS = 1_600_000  # a larger frame is reduced; the page has no room for it
_BELOW, _ABOVE = 0.05, 0.3  # of the span of the levels, so that targets are not clipped
_SMOOTHING = 0.15  # share of a new frame in the window; without it, noise makes pictures flicker
_JUMP = 0.5  # of the span; a larger change is followed at once
_TABLE_TYPES = (np.uint8, np.uint16)  # few enough values for a lookup table


class Stretch:
    """Stretches the contrast of successive frames.

    Attributes:
        window: the values of the last frame that are shown as black and white.
    """

    def __init__(self) -> None:
        self.window: tuple[float, float] | None = None

    def __call__(self, frame: Frame) -> npt.NDArray[np.uint8]:
        """Frame (H, W) of any type → picture (H, W); pixels that are not finite are black."""
        low, high = self._follow(frame)
        if frame.dtype in _TABLE_TYPES:
            table = _grey(np.arange(np.iinfo(frame.dtype).max + 1), low, high)
            return np.take(table, frame)
        return _grey(frame, low, high)

    def _follow(self, frame: Frame) -> tuple[float, float]:
        try:
            low, high = levels(frame)
        except FrameError:  # no finite pixel
            low, high = 0.0, 1.0
        span = high - low
        new = low - _BELOW * span, high + _ABOVE * span
        if self.window is not None:
            old = self.window
            if max(abs(new[0] - old[0]), abs(new[1] - old[1])) < _JUMP * span:
                new = (
                    old[0] + _SMOOTHING * (new[0] - old[0]),
                    old[1] + _SMOOTHING * (new[1] - old[1]),
                )
        self.window = new
        return new


def _grey(values: npt.NDArray[np.generic], low: float, high: float) -> npt.NDArray[np.uint8]:
    scaled = values.astype(np.float32)
    scaled -= np.float32(low)
    scaled *= np.float32(255.0 / max(high - low, 1e-30))
    if values.dtype.kind == "f":
        scaled = np.nan_to_num(scaled, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def encode(picture: npt.NDArray[np.uint8]) -> bytes:
    """Picture (H, W) → JPEG. A large one is reduced by a whole factor."""
    image = Image.fromarray(picture)
    factor = 1
    while image.width * image.height > _MAX_PIXELS * factor**2:
        factor += 1
    stream = io.BytesIO()
    (image.reduce(factor) if factor > 1 else image).save(stream, "JPEG", quality=_QUALITY)
    return stream.getvalue()
