"""Sky as a thermal camera sees it: warm towards the horizon, clouds warmer than the gaps."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from irpoint.simulate.spectrum import Field, power_law_field


def smoothstep(values: Field, low: float, high: float) -> Field:
    """0 below ``low``, 1 above ``high``, and a smooth rise between."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)


def sample_tile(tile: Field, x: Field, y: Field) -> Field:
    """``tile`` repeated without end, read at (x, y) between its pixels."""
    return np.asarray(map_coordinates(tile, (y, x), order=1, mode="grid-wrap"), dtype=np.float32)


def sky_gradient(shape: tuple[int, int], horizon: float, rng: np.random.Generator) -> Field:
    """Path radiance of a clear sky, 1 at ``horizon`` (a row) and falling off above it."""
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    elevation = np.maximum(horizon - rows, 0.0) / shape[0]
    depth = rng.uniform(0.3, 0.6)
    lean = rng.uniform(-0.06, 0.06) * np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    return np.asarray(np.exp(-elevation / depth) + lean, dtype=np.float32)


def _layer(
    shape: tuple[int, int], beta: float, rng: np.random.Generator, stretch: float, horizon: float
) -> Field:
    """A cloud layer seen from below: it shrinks and flattens towards the horizon (a row)."""
    height, width = shape
    tile = power_law_field(shape, beta, rng, stretch)
    rows = np.arange(height, dtype=np.float32)[:, None]
    distance = height / (np.maximum(horizon - rows, 0.0) + 0.35 * height)
    columns = np.arange(width, dtype=np.float32)[None, :] - width / 2
    return sample_tile(tile, columns * distance, 0.7 * height * distance + 0.0 * columns)


def clear_sky(shape: tuple[int, int], beta: float, rng: np.random.Generator) -> Field:
    """A gradient, and a trace of haze and thin cirrus."""
    sky = sky_gradient(shape, shape[0] * rng.uniform(1.0, 1.3), rng)
    haze = power_law_field(shape, beta + 0.4, rng, stretch=3.0)
    return np.asarray(sky + 0.04 * haze, dtype=np.float32)


def cloudy_sky(
    shape: tuple[int, int],
    beta: float,
    rng: np.random.Generator,
    horizon: float | None = None,
    cover: float | None = None,
) -> Field:
    """Thin cirrus below which broken cumulus drifts, both shrinking towards ``horizon``.

    Args:
        shape: (height, width) in pixels.
        beta: exponent of the clouds' power spectrum.
        rng: source of the randomness.
        horizon: its row; below the frame where not given.
        cover: share of the sky under cumulus, 0..1; drawn where not given.
    """
    horizon = shape[0] * rng.uniform(1.05, 1.5) if horizon is None else horizon
    cover = rng.uniform(0.35, 0.65) if cover is None else cover
    sky = 0.8 * sky_gradient(shape, horizon, rng)
    cirrus = smoothstep(_layer(shape, beta, rng, 4.0, horizon), 0.1, 2.6)
    sky = sky + 0.25 * cirrus * (1.2 - sky)
    body = _layer(shape, beta, rng, 1.6, horizon)
    level = float(np.quantile(body, 1.0 - cover))
    opacity = smoothstep(body, level - 0.1, level + 0.55)
    # Thick cloud radiates as its base does, thin cloud lets the cold sky through.
    thickness = np.clip(body - level, 0.0, 2.5)
    fleece = _layer(shape, max(beta - 0.6, 0.0), rng, 1.3, horizon)
    cloud = 0.85 + 0.16 * thickness + 0.05 * fleece
    return np.asarray(sky * (1.0 - opacity) + cloud * opacity, dtype=np.float32)
