"""Frames with targets whose places are known, made from the point spread function alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.points import Points
from irpoint.psf import gaussian_psf_image


@dataclass(frozen=True)
class Sky:
    """A flat background with white noise, and targets on it.

    Attributes:
        frame: (H, W) float64.
        points: the true places.
    """

    frame: npt.NDArray[np.float64]
    points: Points


def sky(
    xy: npt.ArrayLike,
    *,
    amplitude: npt.ArrayLike = 400.0,
    width: npt.ArrayLike = 1.0,
    shape: tuple[int, int] = (64, 80),
    noise: float = 10.0,
    level: float = 1000.0,
    seed: int = 0,
) -> Sky:
    """Targets at ``xy`` (N, 2); those of negative amplitude are dark."""
    places = np.asarray(xy, np.float64).reshape(-1, 2)
    heights = np.broadcast_to(np.asarray(amplitude, np.float64), len(places))
    frame = level + gaussian_psf_image(shape, places, width, heights)
    frame = frame + noise * np.random.default_rng(seed).standard_normal(shape)
    ones = np.ones(len(places), np.float32)
    return Sky(np.asarray(frame, np.float64), Points(places.astype(np.float32), ones, heights < 0))
