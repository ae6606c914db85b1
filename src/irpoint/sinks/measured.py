"""What the formats write of a measured point: the columns, their digits, and values that lack."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from irpoint.measurement import Flag, Measurement

# Significant digits of each number: more than its own uncertainty has.
_DIGITS = {
    "x_std": 4,
    "y_std": 4,
    "xy_cov": 4,
    "amplitude": 6,
    "background": 7,
    "snr": 4,
    "scr": 4,
    "width": 4,
    "flux": 6,
    "chi2": 4,
}
FLAGS = "flags"
MEASURED = (*_DIGITS, FLAGS)
"""The CSV columns of a measured point. JSON has the same fields, after ``network_x, network_y``."""


def measured_cells(measured: Measurement | None, count: int) -> Iterator[list[str]]:
    """The CSV cells of each of ``count`` points, in the order of :data:`MEASURED`.

    A value that was not measured is empty; flags are joined by ``|``.
    """
    for fields in measured_fields(measured, count):
        numbers = (fields.get(name) for name in _DIGITS)
        cells = ["" if number is None else f"{number:.7g}" for number in numbers]
        yield [*cells, "|".join(fields.get(FLAGS, ()))]


def measured_fields(measured: Measurement | None, count: int) -> Iterator[dict[str, Any]]:
    """The JSON fields of each of ``count`` points; none if they were not measured.

    A value that was not measured is null; flags are a list of names.
    """
    if measured is None:
        yield from ({} for _ in range(count))
        return
    columns = [_rounded(getattr(measured, name).tolist(), _DIGITS[name]) for name in _DIGITS]
    rows = zip(measured.network_xy.tolist(), *columns, measured.flags.tolist(), strict=True)
    for (x, y), *numbers, flags in rows:
        yield {
            "network_x": round(x, 3) + 0.0,
            "network_y": round(y, 3) + 0.0,
            **dict(zip(_DIGITS, numbers, strict=True)),
            FLAGS: list(filter(None, Flag(flags).text.split("|"))),
        }


def _rounded(values: Iterable[float], digits: int) -> Iterator[float | None]:
    for value in values:
        # Adding 0 turns −0 into 0.
        yield float(f"{value:.{digits}g}") + 0.0 if math.isfinite(value) else None
