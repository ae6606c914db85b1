"""Artefacts of the sensor: saturated areas and the sun."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

from irpoint.simulate.artefacts.canvas import Frame, Mask, Rails, in_type, replaced
from irpoint.simulate.artefacts.settings import Artefacts

# Saturated areas follow the scene between these quantiles, smoothed over this number of pixels: a
# hot pixel or a point target is no area.
_COMMON = (0.001, 0.999)
_SMOOTH = 7
_GLARE = 0.5  # at the edge of the disc, as a fraction of the range above the scene
_SAMPLE = 65_536  # enough pixels for a quantile


def add_saturation(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Saturate the warmest (or coldest) areas of the scene."""
    high = settings.saturation_rail == "high"
    finite = np.isfinite(frame)
    scene = (frame if finite.all() else np.where(finite, frame, 0)).astype(np.float32)
    step = (slice(None, None, max(1, round((frame.size / _SAMPLE) ** 0.5))),) * 2
    scene = np.clip(scene, *np.quantile(scene[step], _COMMON))  # a bad pixel makes no area
    smooth = uniform_filter(scene, min(_SMOOTH, *frame.shape), mode="nearest")
    ranked = smooth if high else -smooth
    limit = np.quantile(ranked[step], 1.0 - settings.saturation)
    # A flat scene has no warmest area: then nothing is saturated, rather than everything.
    mask = np.asarray((ranked > limit) & finite)
    return replaced(frame, mask, rails[high]), mask


def add_sun(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Add a saturated disc with a halo. The mask is the disc, and glare that saturates as well."""
    height, width = frame.shape
    top = rails[1]
    x, y = rng.uniform(0, width - 1), rng.uniform(0, height - 1)
    down, right = np.arange(height, dtype=np.float32) - y, np.arange(width, dtype=np.float32) - x
    distance = np.hypot(down[:, None], right[None, :]).astype(np.float32)
    disc = distance <= settings.sun
    reach = max(settings.sun_halo * settings.sun, 1e-6)
    near = (distance < settings.sun + reach) & ~disc
    # Glare falls steeply near the disc and reaches zero smoothly.
    fade = (1.0 - (distance[near] - settings.sun) / np.float32(reach)) ** 4
    finite = frame[np.isfinite(frame)]
    middle = float(np.median(finite[:: max(1, finite.size // 4096)])) if finite.size else 0.0
    glare = frame[near].astype(np.float64) + _GLARE * max(top - middle, 0.0) * fade
    result = frame.copy()
    result[near] = in_type(np.minimum(glare, np.maximum(top, frame[near])), frame.dtype)
    result[disc] = in_type(np.float64(top), frame.dtype)
    mask = disc.copy()
    mask[near] = glare >= top
    return result, mask
