"""Recognise pictures whose colours carry meaning: false-colour palettes and photographs.

Their luminance is not the intensity of the scene: in a rainbow palette, the hottest pixels are as
dark as the coldest.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from irpoint.frames.notes import Note

_SAMPLE = 16_384  # pixels that are looked at
_RANGE = 255.0
# Noise of JPEG and of analogue video stays below this share of the range, and of the brightest
# pixel.
_MIN_SATURATION = 16 / _RANGE, 0.10
_MIN_SHARE = 0.10  # of the pixels; crosshairs, scales and logos cover less
# A tint, such as sepia or a wrong white balance, keeps the luminance proportional to the intensity:
# the colours follow it closely and are pale.
_MAX_TINT_RESIDUAL = 0.10  # of the standard deviation of the luminance
_MAX_TINT_SATURATION = 0.40  # of the brightest pixel, in the median
_STRONG = 0.30  # saturation of a drawing or of a palette's hottest part, of the range
_MIN_PIXELS = 4  # of a drawing


def colour_note(pixels: npt.NDArray[np.generic]) -> Note | None:
    """A note about the colours of a frame (H, W, 3); None if they are noise or a tint.

    On the 24-bit frames of the public datasets, whose channels differ by up to 37 counts, there is
    none. Ironbow, rainbow and similar palettes have one, after JPEG compression too.
    """
    step = max(1, round((pixels.shape[0] * pixels.shape[1] / _SAMPLE) ** 0.5))
    if _has_palette(pixels[::step, ::step, :3]):
        return Note(
            "colour",
            "has colours (a palette, or a photograph); its luminance, which is used, is not the "
            "intensity of the scene, so targets may be missed; give raw or greyscale frames",
        )
    if pixels.dtype == np.uint8 and (marked := _strong_pixels(pixels)) >= _MIN_PIXELS:
        return Note(
            "coloured-parts",
            f"has {marked} coloured pixels (text, a crosshair, or a palette that colours the "
            "hottest part); their luminance, which is used, is not the intensity of the scene",
        )
    return None


def _has_palette(pixels: npt.NDArray[np.generic]) -> bool:
    """Whether the colours of a frame are more than noise, a tint or a small drawing."""
    sample = pixels.reshape(-1, 3).astype(np.float32)
    if pixels.dtype.kind == "f":
        sample = sample[np.isfinite(sample).all(axis=1)]
    if not len(sample):
        return False
    brightest = sample.max(axis=1)
    saturation = brightest - sample.min(axis=1)
    top = float(np.percentile(brightest, 99.9))
    least = _MIN_SATURATION[1] * top
    if pixels.dtype == np.uint8:
        least = max(least, _MIN_SATURATION[0] * _RANGE)
    if float((saturation > least).mean()) <= _MIN_SHARE:
        return False
    if float(np.median(saturation)) > _MAX_TINT_SATURATION * top:
        return True
    luminance = sample.mean(axis=1)
    terms = np.stack((luminance, np.ones_like(luminance)), axis=1)
    slopes = np.linalg.lstsq(terms, sample, rcond=None)[0]
    residual = float(np.sqrt(np.mean((sample - terms @ slopes) ** 2)))
    return residual > _MAX_TINT_RESIDUAL * float(luminance.std())


def _strong_pixels(pixels: npt.NDArray[np.generic]) -> int:
    channels = [pixels[..., channel] for channel in range(3)]
    saturation = np.maximum.reduce(channels) - np.minimum.reduce(channels)
    return int(np.count_nonzero(saturation > _STRONG * _RANGE))
