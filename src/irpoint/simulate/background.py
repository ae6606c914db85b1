"""The background of each kind of scene."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from irpoint.simulate.settings import SceneKind, SceneSettings
from irpoint.simulate.sky import clear_sky, cloudy_sky
from irpoint.simulate.spectrum import Field, power_law_field
from irpoint.simulate.surface import land, sea

Painter = Callable[[tuple[int, int], float, np.random.Generator], Field]

_PAINTERS: dict[SceneKind, Painter] = {
    "clear": clear_sky,
    "clouds": cloudy_sky,
    "sea": sea,
    "land": land,
    "clutter": power_law_field,
}
_MIXED: tuple[SceneKind, ...] = ("clear", "clouds", "sea", "land")


def background_electrons(
    settings: SceneSettings, rng: np.random.Generator
) -> tuple[np.ndarray[tuple[int, int], np.dtype[np.float64]], SceneKind]:
    """Background of one frame without noise, and the kind of scene that it shows.

    The background has a mean of ``well_fill · well_electrons``, and a standard deviation of
    ``clutter_to_noise`` times the temporal noise.

    Returns:
        float64 (height, width) in electrons, within 0..well_electrons; and the kind of scene.
    """
    kind = settings.scene
    if kind == "mixed":
        kind = _MIXED[int(rng.integers(len(_MIXED)))]
    structure = _PAINTERS[kind](settings.shape, settings.beta, rng).astype(np.float64)
    structure -= structure.mean()
    structure *= settings.clutter_to_noise * settings.noise_electrons / structure.std()
    structure += settings.well_fill * settings.well_electrons
    return np.clip(structure, 0.0, settings.well_electrons), kind
