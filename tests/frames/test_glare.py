"""The surroundings of a sun."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from irpoint.frames.glare import find_glare
from irpoint.frames.scene import read_scene
from irpoint.simulate import power_law_field


def sky(radius: float) -> npt.NDArray[np.uint16]:
    """A cloudy sky of 14-bit counts with a sun at (200, 80)."""
    clouds = 8000 + 100 * power_law_field((240, 320), 2.5, np.random.default_rng(2)).astype(float)
    rows, columns = np.indices(clouds.shape)
    distance = np.hypot(columns - 200, rows - 80) - radius
    glare = 20_000 * np.exp(-np.maximum(distance, 0) / 8)
    return np.minimum(clouds + glare * (radius > 0), 16383).astype(np.uint16)


def test_a_sun_and_its_halo_are_found() -> None:
    mask = find_glare(sky(12))
    assert mask is not None
    assert mask[80, 200]
    assert mask[80, 170]
    assert not mask[200, 60]


def test_no_glare_without_a_sun() -> None:
    assert find_glare(sky(0)) is None
    assert find_glare(np.full((40, 40), np.nan, np.float32)) is None
    assert find_glare(np.full((40, 40), 7, np.uint8)) is None


def test_a_sun_does_not_move_the_levels() -> None:
    low, high = read_scene(sky(0)).levels
    assert np.percentile(sky(12), 99) > high + 10 * (high - low)
    assert np.abs(np.subtract(read_scene(sky(12)).levels, (low, high))).max() < 0.2 * (high - low)
