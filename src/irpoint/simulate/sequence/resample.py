"""Shift an image by a fraction of a pixel without changing its spectrum, or rotate it.

A shift is a separable filter: a sinc that is cut off by a Kaiser window, 16 pixels long. Up to 0.4
cycles per pixel, its gain is within 0.5 % of 1 for every fraction of a pixel. The scene is
resampled before noise is added, so noise is always white.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Image = npt.NDArray[np.float32]

TAPS = 16
MARGIN = TAPS // 2  # pixels that a shift needs around its result
_KAISER = 5.0


def _kernel(fraction: float) -> npt.NDArray[np.float32]:
    """Weights (16,) of the pixels −7..8 for the value at ``fraction``, 0..1."""
    at = np.arange(1 - MARGIN, MARGIN + 1) - fraction
    window = np.i0(_KAISER * np.sqrt(np.maximum(1 - (at / MARGIN) ** 2, 0)))
    weights = np.sinc(at) * window
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def _along(image: Image, weights: npt.NDArray[np.float32], axis: int) -> Image:
    count = image.shape[axis] - TAPS
    parts = [image[start : start + count] if axis == 0 else image[:, start : start + count]
             for start in range(1, TAPS + 1)]  # fmt: skip
    result: Image = parts[0] * weights[0]
    buffer = np.empty_like(result)
    for part, weight in zip(parts[1:], weights[1:], strict=True):
        result += np.multiply(part, weight, out=buffer)
    return result


def shifted(image: Image, x: float, y: float) -> Image:
    """The image at (x, y) from each pixel, without its margin of 8 pixels on every side.

    Args:
        image: float32 (H + 16, W + 16).
        x, y: 0..1; with 0, a pixel of the result is that of the image.

    Returns:
        float32 (H, W).
    """
    for axis, fraction in ((0, y), (1, x)):
        if fraction:
            image = _along(image, _kernel(fraction), axis)
        else:
            inner = slice(MARGIN, -MARGIN)
            image = image[inner] if axis == 0 else image[:, inner]
    return np.ascontiguousarray(image)


def turned(image: Image, origin: tuple[float, float], roll: float, shape: tuple[int, int]) -> Image:
    """A rotated part of an image, by cubic splines.

    Args:
        image: float32 (h, w), large enough for all of the result.
        origin: (x, y) of the result's centre in the image.
        roll: rotation of the result's axes in degrees, from x to y.
        shape: (height, width) of the result.
    """
    height, width = shape
    right = np.arange(width) - (width - 1) / 2
    down = np.arange(height)[:, None] - (height - 1) / 2
    cos, sin = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    x = origin[0] + cos * right - sin * down
    y = origin[1] + cos * down + sin * right
    result = ndimage.map_coordinates(image, (y, x), order=3, mode="nearest")
    return np.asarray(result, dtype=np.float32)


def mean_of(images: Sequence[Image]) -> Image:
    """The mean of images of one shape."""
    total = images[0]
    for image in images[1:]:
        total = total + image
    return total if len(images) == 1 else total * np.float32(1 / len(images))
