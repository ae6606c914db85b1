"""Sea and land below a horizon, in perspective."""

from __future__ import annotations

import math

import numpy as np

from irpoint.simulate.sky import cloudy_sky, sample_tile, smoothstep
from irpoint.simulate.spectrum import Field, power_law_field, power_law_profile


def _below(rows: Field, line: Field) -> Field:
    """1 below ``line`` (a row per column), 0 above, with a blur of about a pixel."""
    return smoothstep(rows - line, -1.1, 1.1)


def _ground(tile: Field, depth: Field, columns: Field, grain: float) -> Field:
    """A periodic texture on flat ground, ``depth`` rows below its vanishing line.

    ``grain`` is the scale of the texture: the depth at which a pixel of the tile is as wide as a
    pixel of the frame. At a distance the contrast fades, because a pixel averages over the texture.
    """
    distance = grain / depth
    along = tile.shape[0] * distance
    texture = sample_tile(tile, columns * distance, along + 0.0 * columns)
    rows_per_pixel = along / depth
    return np.asarray(texture / np.sqrt(1.0 + 0.5 * rows_per_pixel), dtype=np.float32)


def sea(shape: tuple[int, int], beta: float, rng: np.random.Generator) -> Field:
    """Sky over open water, with a slightly tilted horizon, swell, and a reflection of the sky."""
    height, width = shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :] - width / 2
    level = height * rng.uniform(0.25, 0.5)
    line = level + math.tan(math.radians(rng.uniform(-1.2, 1.2))) * columns
    sky = cloudy_sky(shape, beta, rng, horizon=level, cover=rng.uniform(0.1, 0.5))
    depth = np.asarray(np.maximum(rows - line, 0.0), dtype=np.float32)
    waves = power_law_field(shape, 1.9, rng, stretch=rng.uniform(3.0, 5.0))
    swell = _ground(waves, depth + 0.1 * height, columns, 0.3 * height)
    patches = power_law_field(shape, beta, rng, stretch=6.0)
    near = depth / height
    # At grazing incidence water reflects the sky; near the camera it shows its own temperature.
    tone = rng.uniform(0.35, 0.75)
    water = tone + 0.3 * near + 0.15 * np.exp(-near / 0.03)
    water = water + 0.04 * patches + rng.uniform(0.06, 0.13) * swell
    below = _below(rows, np.asarray(line, dtype=np.float32))
    return np.asarray(sky * (1.0 - below) + water * below, dtype=np.float32)


def _ridges(
    scene: Field, top: float, bottom: float, beta: float, rng: np.random.Generator
) -> Field:
    """Paint ridges over ``scene`` between two rows; far ones are colder and smoother."""
    height, width = scene.shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    texture = power_law_field(scene.shape, max(beta - 0.4, 0.0), rng, stretch=2.0)
    count = int(rng.integers(2, 5))
    for number in range(count):
        near = (number + 1) / count
        base = top + (bottom - top) * near
        relief = (bottom - top) * (0.5 - 0.3 * near)
        crest = power_law_profile(width, 2.8, rng)
        trees = power_law_profile(width, 1.2, rng)
        line = (base + relief * crest + 0.8 * near * trees)[None, :].astype(np.float32)
        slope = np.clip((rows - line) / (0.4 * height), 0.0, 1.0)
        hill = 0.75 + near * rng.uniform(0.1, 0.35) + near * 0.07 * texture - 0.15 * slope
        below = _below(rows, line)
        scene = np.asarray(scene * (1.0 - below) + hill * below, dtype=np.float32)
        texture = texture[:, ::-1]
    return scene


def land(shape: tuple[int, int], beta: float, rng: np.random.Generator) -> Field:
    """Sky above ridges, above a plain of fields and scrub."""
    height, width = shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :] - width / 2
    level = height * rng.uniform(0.3, 0.6)
    sky = 0.8 * cloudy_sky(shape, beta, rng, horizon=level, cover=rng.uniform(0.1, 0.5))
    scene = _ridges(sky, level - 0.14 * height, level, beta, rng)
    edge = level + 0.03 * height + 0.01 * height * power_law_profile(width, 2.4, rng)
    parcels = np.tanh(3.0 * (power_law_field(shape, beta, rng) - rng.uniform(-0.5, 0.8)))
    scrub = power_law_field(shape, 1.8, rng)
    tile = np.asarray(-0.10 * parcels + 0.11 * scrub, dtype=np.float32)
    depth = np.asarray(np.maximum(rows - level, 0.0) + 0.3 * height, dtype=np.float32)
    relief = power_law_field(shape, beta, rng, stretch=3.0)
    plain = 0.95 + 0.06 * relief + _ground(tile, depth, columns, 0.6 * height)
    below = _below(rows, np.asarray(edge[None, :], dtype=np.float32))
    return np.asarray(scene * (1.0 - below) + plain * below, dtype=np.float32)
