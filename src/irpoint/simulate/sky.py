"""Sky in the thermal infrared: warmer towards the horizon, clouds warmer than clear sky."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates

from irpoint.simulate.spectrum import Field, power_law_field


def smoothstep(values: Field, low: float, high: float) -> Field:
    """0 below ``low``, 1 above ``high``, and a smooth transition between them."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)


def sample_tile(tile: Field, x: Field, y: Field) -> Field:
    """Sample ``tile``, repeated periodically, at (x, y) by bilinear interpolation."""
    return np.asarray(map_coordinates(tile, (y, x), order=1, mode="grid-wrap"), dtype=np.float32)


def sky_gradient(shape: tuple[int, int], horizon: float, rng: np.random.Generator) -> Field:
    """Path radiance of a clear sky: 1 at the row ``horizon``, and decreasing above it."""
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    elevation = np.maximum(horizon - rows, 0.0) / shape[0]
    depth = rng.uniform(0.3, 0.6)
    lean = rng.uniform(-0.06, 0.06) * np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    return np.asarray(np.exp(-elevation / depth) + lean, dtype=np.float32)


def _layer(
    shape: tuple[int, int], beta: float, rng: np.random.Generator, stretch: float, horizon: float
) -> Field:
    """A cloud layer seen from below, in perspective; ``horizon`` is a row."""
    height, width = shape
    tile = power_law_field(shape, beta, rng, stretch)
    rows = np.arange(height, dtype=np.float32)[:, None]
    nearest = horizon + 0.6 * height
    distance = height / (np.maximum(horizon - rows, 0.0) + 0.6 * height)
    columns = np.arange(width, dtype=np.float32)[None, :] - width / 2
    return sample_tile(tile, columns * distance, nearest * distance + 0.0 * columns)


def clear_sky(shape: tuple[int, int], beta: float, rng: np.random.Generator) -> Field:
    """A gradient with some haze and thin cirrus."""
    sky = sky_gradient(shape, shape[0] * rng.uniform(1.0, 1.3), rng)
    haze = power_law_field(shape, beta + 0.6, rng, stretch=3.0)
    return np.asarray(sky + rng.uniform(0.01, 0.06) * haze, dtype=np.float32)


def cloudy_sky(
    shape: tuple[int, int],
    beta: float,
    rng: np.random.Generator,
    horizon: float | None = None,
    cover: float | None = None,
) -> Field:
    """Thin cirrus above broken cumulus, which gets smaller towards the horizon.

    Args:
        shape: (height, width) in pixels.
        beta: exponent of the clouds' power spectrum.
        rng: source of the randomness.
        horizon: row of the horizon. By default, it is drawn below the frame.
        cover: fraction of the sky that cumulus covers, 0..1. By default, it is drawn.

    Returns:
        float32 (height, width), about 0 for the coldest sky and 1 for the thickest cloud.
    """
    horizon = shape[0] * rng.uniform(1.05, 1.6) if horizon is None else horizon
    cover = rng.uniform(0.3, 0.7) if cover is None else cover
    sky = 0.7 * sky_gradient(shape, horizon, rng)
    cirrus = smoothstep(power_law_field(shape, beta + 0.3, rng, stretch=4.0), -0.2, 2.8)
    sky = sky + 0.5 * cirrus * (1.1 - sky)
    body = _layer(shape, beta + 0.2, rng, rng.uniform(1.3, 2.2), horizon)
    level = float(np.quantile(body[::4, ::4], 1.0 - cover))
    opacity = smoothstep(body, level - rng.uniform(0.2, 0.5), level + rng.uniform(0.7, 1.3))
    # Thick cloud radiates at the temperature of its base; thin cloud transmits the cold sky.
    cloud = 0.72 + 0.16 * np.clip(body - level, 0.0, 2.5)
    return np.asarray(sky + opacity * np.maximum(cloud - sky, 0.0), dtype=np.float32)
