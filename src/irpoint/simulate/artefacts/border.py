"""Borders: constant columns and rows, wedges of turned frames, apertures, lines at an edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.simulate.artefacts.canvas import Frame, Mask, Rails, blended, in_type, level, replaced
from irpoint.simulate.artefacts.settings import Artefacts, Side


def at_sides(shape: tuple[int, int], width: int, sides: Sequence[Side]) -> Mask:
    """The ``width`` outermost rows or columns at each of ``sides``."""
    mask = np.zeros(shape, bool)
    windows: dict[Side, Any] = {
        "left": np.s_[:, :width],
        "right": np.s_[:, max(0, shape[1] - width) :],
        "top": np.s_[:width],
        "bottom": np.s_[max(0, shape[0] - width) :],
    }
    for side in sides:
        mask[windows[side]] = True
    return mask


def add_border(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Add a border of constant value at some sides."""
    mask = at_sides(frame.shape, settings.border, settings.border_sides)
    return _filled(frame, mask.astype(np.float32), settings, rng, rails)


def add_edge_line(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Add a line of one or two pixels at some edges."""
    mask = at_sides(frame.shape, settings.edge_line, settings.edge_sides)
    return replaced(frame, mask, level(frame, settings.edge_value, "edge_value", rails)), mask


def add_wedges(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Blank what a frame turned about its centre does not cover, with interpolated edges."""
    height, width = frame.shape
    angle = math.radians(settings.rotation)
    down = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
    right = np.arange(width, dtype=np.float32)[None, :] - (width - 1) / 2
    across = np.abs(math.cos(angle) * right + math.sin(angle) * down)
    along = np.abs(math.cos(angle) * down - math.sin(angle) * right)
    # Bilinear interpolation mixes a pixel with the outside over one pixel beyond the last centre.
    beyond = np.maximum(across - (width - 1) / 2, along - (height - 1) / 2)
    return _filled(frame, np.clip(beyond, 0, 1), settings, rng, rails)


def add_aperture(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Blank what lies outside a circle about the centre of the frame; its edge is a pixel wide."""
    height, width = frame.shape
    down = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
    right = np.arange(width, dtype=np.float32)[None, :] - (width - 1) / 2
    beyond = np.hypot(down, right) - settings.aperture * min(height, width) / 2
    return _filled(frame, np.clip(beyond + 0.5, 0, 1), settings, rng, rails)


def _filled(
    frame: Frame,
    share: npt.NDArray[np.float32],
    settings: Artefacts,
    rng: np.random.Generator,
    rails: Rails,
) -> tuple[Frame, Mask]:
    """``frame`` with ``share`` of each pixel replaced by the border's value, and noise on it."""
    value = level(frame, settings.border_value, "border_value", rails)
    result = blended(frame, share.astype(np.float32), value)
    mask = share > 0
    if settings.border_noise:
        noise = settings.border_noise * rng.standard_normal(int(mask.sum()))
        result[mask] = in_type(result[mask] + noise, frame.dtype)
    return result, mask
