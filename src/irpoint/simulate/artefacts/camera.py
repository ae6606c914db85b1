"""Artefacts of the camera's processing: polarity and temperature output."""

from __future__ import annotations

import numpy as np

from irpoint.simulate.artefacts.canvas import Frame, Mask, Rails, in_type
from irpoint.simulate.artefacts.settings import Artefacts


def invert(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """White hot → black hot: the range of the camera, upside down."""
    low, high = rails
    if frame.dtype.kind == "f":  # the scene spans half of the rails; it stays in this half
        return (low + (low + high) / 2 - frame).astype(frame.dtype), np.zeros(frame.shape, bool)
    inverted = in_type(low + high - np.clip(frame, low, high).astype(np.float64), frame.dtype)
    return inverted, np.zeros(frame.shape, bool)


def to_kelvin(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Counts → float32 temperatures."""
    kelvin = frame.astype(np.float64) * settings.kelvin_per_count
    return kelvin.astype(np.float32), np.zeros(frame.shape, bool)
