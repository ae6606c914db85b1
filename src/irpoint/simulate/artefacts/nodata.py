"""Pixels without data: rectangles, irregular areas and scattered pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from irpoint.simulate.artefacts.canvas import Frame, Mask, Rails, level, replaced
from irpoint.simulate.artefacts.settings import Artefacts, NodataShape

_RECTANGLES = 3


def _rectangles(shape: tuple[int, int], share: float, rng: np.random.Generator) -> Mask:
    """Up to three rectangles, some of them cut by the edge of the frame."""
    height, width = shape
    mask = np.zeros(shape, bool)
    for part in rng.dirichlet(np.full(_RECTANGLES, 3.0)):
        area = share * part * height * width
        tall = np.clip(np.sqrt(area) * np.exp(rng.uniform(-0.7, 0.7)), 1, height)
        wide = np.clip(area / tall, 1, width)
        top, left = rng.uniform(-tall / 3, height - tall / 2), rng.uniform(-wide / 3, width)
        rows = slice(max(0, round(top)), max(1, round(top + tall)))
        mask[rows, max(0, round(left)) : max(1, round(left + wide))] = True
    return mask


def _irregular(shape: tuple[int, int], share: float, rng: np.random.Generator) -> Mask:
    """Areas with a curved outline: the highest parts of a smooth random field."""
    coarse = tuple(max(3, min(12, side // 16 + 2)) for side in shape)
    down, right = (_interpolation(side, knots) for side, knots in zip(shape, coarse, strict=True))
    field = down @ rng.standard_normal(coarse).astype(np.float32) @ right.T
    return np.asarray(field > np.quantile(field[::4, ::4], 1.0 - share))


def _interpolation(side: int, knots: int) -> npt.NDArray[np.float32]:
    """(side, knots) weights that interpolate smoothly between evenly spaced knots."""
    at = np.linspace(0, knots - 1, side)[:, None] - np.arange(knots)[None, :]
    weights = np.where(np.abs(at) < 1, 0.5 + 0.5 * np.cos(np.pi * at), 0.0)
    return weights.astype(np.float32)


def _scattered(shape: tuple[int, int], share: float, rng: np.random.Generator) -> Mask:
    return np.asarray(rng.random(shape, np.float32) < share)


_SHAPES: dict[NodataShape, Callable[[tuple[int, int], float, np.random.Generator], Mask]] = {
    "rectangles": _rectangles,
    "irregular": _irregular,
    "scattered": _scattered,
}


def add_nodata(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Replace about a fraction ``nodata`` of the frame with the value that stands for no data."""
    mask = _SHAPES[settings.nodata_shape](frame.shape, settings.nodata, rng)
    return replaced(frame, mask, level(frame, settings.nodata_value, "nodata_value", rails)), mask
