"""Sea and land under a horizon, in perspective."""

from __future__ import annotations

import math

import numpy as np

from irpoint.simulate.sky import cloudy_sky, sample_tile, smoothstep
from irpoint.simulate.spectrum import Field, power_law_field, power_law_profile


def _below(rows: Field, line: Field) -> Field:
    """1 below ``line`` (a row for each column), 0 above, blurred over a pixel as optics would."""
    return smoothstep(rows - line, -1.1, 1.1)


def _ground(tile: Field, depth: Field, columns: Field, grain: float) -> Field:
    """A flat periodic texture lying on the ground, ``depth`` rows below its vanishing line.

    ``grain`` is the scale on the ground: a pixel of the tile is as wide as a pixel of the frame
    where ``depth`` equals it. Further off the texture fades, because a pixel averages over it.
    """
    distance = grain / depth
    texture = sample_tile(tile, columns * distance, grain * distance + 0.0 * columns)
    return np.asarray(texture * np.minimum(1.0, 1.2 / distance), dtype=np.float32)


def sea(shape: tuple[int, int], beta: float, rng: np.random.Generator) -> Field:
    """Sky over open water: a slightly tilted horizon, swell, and the sky's reflection."""
    height, width = shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :] - width / 2
    level = height * rng.uniform(0.3, 0.5)
    line = level + math.tan(math.radians(rng.uniform(-1.2, 1.2))) * columns
    sky = cloudy_sky(shape, beta, rng, horizon=level, cover=rng.uniform(0.1, 0.4))
    depth = np.maximum(rows - line, 0.0) + 2.0
    swell = _ground(power_law_field(shape, 1.8, rng, stretch=3.0), depth, columns, 0.35 * height)
    chop = _ground(power_law_field(shape, 1.0, rng, stretch=2.0), depth, columns, 0.8 * height)
    patches = power_law_field(shape, beta, rng, stretch=6.0)
    near = depth / height
    # At grazing incidence water mirrors the cold sky; underfoot it shows its own temperature.
    water = 0.35 + 0.45 * near + 0.3 * np.exp(-near / 0.02)
    water = water + 0.05 * patches + (0.10 * swell + 0.06 * chop) * (0.4 + near)
    below = _below(rows, np.asarray(line, dtype=np.float32))
    return np.asarray(sky * (1.0 - below) + water * below, dtype=np.float32)


def _ridges(
    scene: Field, top: float, bottom: float, beta: float, rng: np.random.Generator
) -> tuple[Field, Field]:
    """Paint ridges over ``scene``, the far ones in haze; gives it back with the last skyline."""
    height, width = scene.shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    count = int(rng.integers(2, 5))
    line = np.zeros((1, width), dtype=np.float32)
    for number in range(count):
        near = (number + 1) / count
        base = top + (bottom - top) * near
        relief = (bottom - top) * (0.55 - 0.25 * near)
        crest = power_law_profile(width, 2.6, rng)
        trees = power_law_profile(width, 1.0, rng)
        line = (base + relief * crest + 0.9 * near * trees)[None, :].astype(np.float32)
        texture = power_law_field(scene.shape, max(beta - 0.5, 0.0), rng, stretch=2.0)
        slope = np.minimum((rows - line) / (0.4 * height), 1.0)
        hill = 1.1 - 0.5 * near * rng.uniform(0.6, 1.2) + near * (0.15 * texture - 0.2 * slope)
        below = _below(rows, line)
        scene = np.asarray(scene * (1.0 - below) + hill * below, dtype=np.float32)
    return scene, line


def land(shape: tuple[int, int], beta: float, rng: np.random.Generator) -> Field:
    """Sky over ridges over a plain of fields and scrub."""
    height, width = shape
    rows = np.arange(height, dtype=np.float32)[:, None]
    columns = np.arange(width, dtype=np.float32)[None, :] - width / 2
    level = height * rng.uniform(0.35, 0.6)
    sky = cloudy_sky(shape, beta, rng, horizon=level, cover=rng.uniform(0.1, 0.4))
    scene, _ = _ridges(sky, level - 0.12 * height, level, beta, rng)
    edge = (level + 0.03 * height + 2.0 * power_law_profile(width, 2.0, rng))[None, :]
    depth = np.maximum(rows - level, 0.0) + 0.02 * height
    tile = power_law_field(shape, beta, rng)
    fields = _ground(np.asarray(np.sign(np.sin(4.0 * tile)), np.float32), depth, columns, 0.3 * height)
    scrub = _ground(power_law_field(shape, 1.6, rng), depth, columns, 0.5 * height)
    relief = power_law_field(shape, beta, rng, stretch=3.0)
    plain = 0.75 + 0.15 * fields + 0.14 * scrub + 0.2 * relief
    below = _below(rows, np.asarray(edge, dtype=np.float32))
    return np.asarray(scene * (1.0 - below) + plain * below, dtype=np.float32)
