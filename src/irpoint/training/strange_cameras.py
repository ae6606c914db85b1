"""What another camera would have made of a training crop: its optics, its noise, its video.

Each crop gets a few effects, in the order in which a camera has them. The values of a crop are
normalised: 0 and 1 are the levels of its frame.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage
from scipy import ndimage

from irpoint.simulate import Artefacts, add_artefacts, hidden_share

Image = npt.NDArray[np.float32]
Points2D = npt.NDArray[np.float64]
Rng = np.random.Generator
Effect = Callable[[Image, float, Rng], Image]
"""(crop, network pixels per camera pixel, random numbers) → crop."""

_RANGE = (-0.3, 1.8)  # of the normalised values that 8 bits hold
_TARGET_SIGMA = 1.5  # px, of a target that text may hide
_MAX_HIDDEN = 0.3  # of its light
_RETICLES = ("crosshair", "box", "bars", "scale")


def as_another_camera(
    crop: Image, xy: Points2D, enlargement: float, rng: Rng
) -> tuple[Image, Points2D]:
    """Change a crop as if another camera had taken it.

    Args:
        crop: (rows, columns), normalised.
        xy: (N, 2) labels in the crop.
        enlargement: network pixels per camera pixel, the size of a pixel's noise.
        rng: source of random numbers.

    Returns:
        The crop, and the labels that text and reticle leave visible.
    """
    for share, effect in _EFFECTS:
        if rng.random() < share:
            crop = effect(crop, enlargement, rng)
    return _overlaid(crop, xy, rng) if rng.random() < _OVERLAY_SHARE else (crop, xy)


def _blur(crop: Image, enlargement: float, rng: Rng) -> Image:
    """Optics that are less sharp."""
    sigma = rng.uniform(0.4, 0.9) * max(enlargement, 1.0)
    blurred: Image = ndimage.gaussian_filter(crop, sigma, truncate=3.0)
    return blurred


def _shade(crop: Image, enlargement: float, rng: Rng) -> Image:
    """A shutter that was not closed for long: a smooth offset over the frame."""
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in crop.shape)
    a, b, c = rng.normal(0, (0.15, 0.15, 0.2)).astype(np.float32)
    across, down = a * x + c * x * x, b * y + c * y * y
    return np.asarray(crop + across[None, :] + down[:, None], np.float32)


def _stripes(crop: Image, enlargement: float, rng: Rng) -> Image:
    """Offsets of columns or rows."""
    axis = int(rng.integers(2))
    values = _pixel_noise((1, crop.shape[axis]), (1.0, enlargement), rng)
    values = values * np.float32(abs(rng.normal(0, 0.04)))
    return crop + (values.T if axis == 0 else values)


def _noise(crop: Image, enlargement: float, rng: Rng) -> Image:
    """More noise of the detector, as wide as its pixels are in the crop."""
    noise = _pixel_noise(crop.shape, (enlargement, enlargement), rng)
    return crop + noise * np.float32(abs(rng.normal(0, 0.06)))


def _pixel_noise(shape: tuple[int, int], size: tuple[float, float], rng: Rng) -> Image:
    """White noise (rows, columns) of pixels of a size, interpolated as a bilinear resize does."""
    few = tuple(max(1, round(n / max(s, 1.0))) for n, s in zip(shape, size, strict=True))
    noise = rng.standard_normal(few, np.float32)
    if few == shape:
        return noise
    image = PillowImage.fromarray(noise)
    return np.asarray(image.resize(shape[::-1], PillowImage.Resampling.BILINEAR), np.float32)


def _sharpen(crop: Image, enlargement: float, rng: Rng) -> Image:
    """Detail enhancement, with its halos."""
    smooth = ndimage.uniform_filter(crop, int(rng.integers(3, 10)), mode="nearest")
    return np.asarray(crop + np.float32(rng.uniform(0.3, 1.5)) * (crop - smooth))


def _curve(crop: Image, enlargement: float, rng: Rng) -> Image:
    """Gain control that is not linear, between and beyond the levels."""
    power = np.float32(np.exp(rng.uniform(-0.5, 0.5)))
    return np.asarray(np.sign(crop) * np.abs(crop) ** power)


def _quantise(crop: Image, enlargement: float, rng: Rng) -> Image:
    """Few grey levels."""
    steps = np.float32(np.exp(rng.uniform(np.log(20), np.log(200))))
    return np.asarray(np.rint(crop * steps) / steps)


def _compress(crop: Image, enlargement: float, rng: Rng) -> Image:
    """JPEG, whose blocks are those of most video."""
    low, high = _RANGE
    grey = np.clip((crop - low) * np.float32(255 / (high - low)), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    PillowImage.fromarray(grey).save(stream, "JPEG", quality=int(rng.integers(30, 96)))
    decoded = np.asarray(PillowImage.open(stream), np.float32)
    return decoded * np.float32((high - low) / 255) + np.float32(low)


# Share of these crops that have an effect.
_EFFECTS: tuple[tuple[float, Effect], ...] = (
    (0.25, _blur),
    (0.25, _shade),
    (0.25, _stripes),
    (0.30, _noise),
    (0.20, _sharpen),
    (0.25, _curve),
    (0.20, _quantise),
    (0.25, _compress),
)
_OVERLAY_SHARE = 0.1


def _overlaid(crop: Image, xy: Points2D, rng: Rng) -> tuple[Image, Points2D]:
    """Burnt-in text or a reticle; labels that it hides are dropped."""
    reticle = (str(rng.choice(_RETICLES)),) if rng.random() < 0.5 else ()
    overlay = Artefacts.checked(
        text=0 if reticle else int(rng.integers(1, 4)),
        reticle=reticle,
        overlay_value=float(rng.uniform(1.0, 2.5)),
        overlay_outline=bool(rng.random() < 0.5),
        overlay_smooth=bool(rng.random() < 0.5),
    )
    crop, mask = add_artefacts(crop, overlay, rng)
    right, bottom = crop.shape[1] - 1, crop.shape[0] - 1
    seen = [
        not (0 <= x <= right and 0 <= y <= bottom)
        or hidden_share((x, y), mask, _TARGET_SIGMA) < _MAX_HIDDEN
        for x, y in xy.tolist()
    ]
    return crop, xy[np.array(seen, bool)]
