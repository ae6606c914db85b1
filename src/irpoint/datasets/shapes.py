"""The point of a shape that an annotator drew: a click, box, polygon, line, ellipse or mask.

The functions take the coordinates of annotation tools, which count pixels from the outer corner of
the top-left pixel, so that the centre of that pixel is (0.5, 0.5). They return irpoint's, which
count from its centre: half a pixel less.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from irpoint.datasets.extent import Extent
from irpoint.datasets.mask_values import mask_components

Vertices = npt.NDArray[np.float64]


class Target(NamedTuple):
    """A labelled target.

    Attributes:
        x, y: its position in frame pixels, with pixel centres at integers.
        extent: its extent; None for a click.
        track: number of its track; None if it has none.
    """

    x: float
    y: float
    extent: Extent | None = None
    track: int | None = None


def click(x: float, y: float) -> Target:
    """A point."""
    return Target(x - 0.5, y - 0.5)


def box(left: float, top: float, right: float, bottom: float, rotation: float = 0.0) -> Target:
    """The centre of a box, turned about it by ``rotation`` degrees; it may have no area."""
    x, y = (left + right) / 2, (top + bottom) / 2
    turn = math.radians(rotation)
    cos, sin = abs(math.cos(turn)), abs(math.sin(turn))
    across, down = abs(right - left) / 2, abs(bottom - top) / 2
    return _boxed(x, y, across * cos + down * sin, across * sin + down * cos)


def ellipse(x: float, y: float, radius_x: float, radius_y: float, rotation: float = 0.0) -> Target:
    """The centre of an ellipse, turned about it by ``rotation`` degrees."""
    turn = math.radians(rotation)
    cos, sin = math.cos(turn), math.sin(turn)
    half_x = math.hypot(radius_x * cos, radius_y * sin)
    half_y = math.hypot(radius_x * sin, radius_y * cos)
    return _boxed(x, y, half_x, half_y)


def polygon(parts: Sequence[Vertices]) -> Target:
    """The centroid of the area of a polygon of one or more parts, each (N, 2).

    If it has no area, the centroid of its outline.
    """
    vertices = np.concatenate(parts)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    weighted, total = np.zeros(2), 0.0
    for part in parts:
        area, moment = _area_and_moment(part - low)
        weighted, total = weighted + math.copysign(1, area) * moment, total + abs(area)
    scale = float((high - low).prod())
    centre = low + weighted / total if total > 1e-9 * scale and total > 0 else low - 1
    # The signed area of a polygon that crosses itself says nothing about its middle.
    if not ((centre >= low).all() and (centre <= high).all()):
        centre = _outline_centroid(np.concatenate([*parts, parts[0][:1]]))
    return _bounded(centre, low, high)


def line(vertices: Vertices) -> Target:
    """The centroid of a line through the vertices (N, 2)."""
    return _bounded(_outline_centroid(vertices), vertices.min(axis=0), vertices.max(axis=0))


def mask(
    pixels: npt.NDArray[Any], left: int = 0, top: int = 0, split: bool = False
) -> list[Target]:
    """The centroid of the pixels of a mask (H, W) whose first pixel is (``left``, ``top``).

    Args:
        pixels: non-zero on the target.
        left, top: the pixel of the frame on which the first pixel of the mask lies.
        split: whether each 8-connected component is a target of its own.

    Returns:
        The targets; none if the mask is empty.
    """
    components = [component + np.array([left, top]) for component in mask_components(pixels)]
    if components and not split:
        components = [np.concatenate(components)]
    targets = []
    for component in components:
        x, y = component.mean(axis=0).tolist()
        targets.append(Target(x, y, Extent.of_pixels(component)))
    return targets


def _boxed(x: float, y: float, half_x: float, half_y: float) -> Target:
    x, y = x - 0.5, y - 0.5
    return Target(x, y, Extent.of_box(x - half_x, y - half_y, x + half_x, y + half_y))


def _bounded(centre: Vertices, low: Vertices, high: Vertices) -> Target:
    x, y = (centre - 0.5).tolist()
    return Target(x, y, Extent.of_box(*(low - 0.5).tolist(), *(high - 0.5).tolist()))


def _area_and_moment(part: Vertices) -> tuple[float, Vertices]:
    """The signed area of a closed polygon, and its first moment (2,)."""
    after = np.roll(part, -1, axis=0)
    cross = part[:, 0] * after[:, 1] - after[:, 0] * part[:, 1]
    return float(cross.sum()) / 2, ((part + after) * cross[:, None]).sum(axis=0) / 6


def _outline_centroid(vertices: Vertices) -> Vertices:
    """The centroid of the line through the vertices; their mean if it has no length."""
    length = np.hypot(*np.diff(vertices, axis=0).T)
    if not length.sum() > 0:
        mean: Vertices = vertices.mean(axis=0)
        return mean
    middle = (vertices[1:] + vertices[:-1]) / 2
    centroid: Vertices = (middle * length[:, None]).sum(axis=0) / length.sum()
    return centroid
