"""What the formats write of the direction of a point: the columns, and their digits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from irpoint.angles import AXES, COLUMNS, Angles, Reference

_DECIMALS = 6  # of an angle in degrees: less than 0.004 arc seconds
_DIGITS = 4  # significant ones of a deviation
DIRECTION = COLUMNS
"""The CSV columns of the direction of a point, in degrees; JSON has the same fields."""


def direction_cells(angles: Angles | None, count: int) -> Iterator[list[str]]:
    """The CSV cells of each of ``count`` points, in the order of :data:`DIRECTION`.

    A value is empty if it is unknown.
    """
    if angles is None:
        yield from ([""] * len(DIRECTION) for _ in range(count))
        return
    for *places, azimuth_std, elevation_std in _rounded(angles):
        cells = ["" if value is None else f"{value:.{_DECIMALS}f}" for value in places]
        stds = ("" if std is None else f"{std:g}" for std in (azimuth_std, elevation_std))
        yield [*cells, *stds]


def direction_fields(angles: Angles | None, count: int) -> Iterator[dict[str, float | None]]:
    """The JSON fields of each of ``count`` points; None for what is unknown."""
    if angles is None:
        yield from ({} for _ in range(count))
        return
    for row in _rounded(angles):
        yield dict(zip(DIRECTION, row, strict=True))


def described(reference: Reference) -> dict[str, Any]:
    """The JSON field that states the unit and the axes of all angles."""
    return {"reference": reference, "unit": "degree", "axes": AXES[reference]}


def _rounded(angles: Angles) -> Iterator[list[float | None]]:
    for azimuth, elevation, *stds in angles.rows():
        azimuth = round(azimuth, _DECIMALS)
        if azimuth == 360:
            azimuth = 0.0
        places = (azimuth + 0.0, round(elevation, _DECIMALS) + 0.0)  # adding 0 turns −0 into 0
        row = [*places, *(float(f"{std:.{_DIGITS}g}") for std in stds)]
        yield [value if math.isfinite(value) else None for value in row]
