"""What is known of each point, as columns with the names that irpoint's CSV files have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.angles import COLUMNS as DIRECTION
from irpoint.measurement import NUMBERS, Flag, Measurement
from irpoint.points import FrameResult, Points

Column = npt.NDArray[Any]

POLARITY, TRACK, FLAGS = "polarity", "track", "flags"
NETWORK = ("network_x", "network_y")


def points_of(found: Points | FrameResult) -> Points:
    """The points of a frame."""
    return found.points if isinstance(found, FrameResult) else found


def track_numbers(found: Points | FrameResult) -> npt.NDArray[np.int64] | None:
    """The track number of each point (N,); None without tracking."""
    numbers = found.track_ids if isinstance(found, FrameResult) else None
    return None if numbers is None else np.array(numbers, np.int64).reshape(-1)


def polarities(points: Points) -> Column:
    """``bright`` or ``dark`` for each point (N,)."""
    return np.where(points.dark, "dark", "bright")


def measured_columns(found: Points | FrameResult) -> dict[str, Column]:
    """The measured quantities of each point, then its direction; empty if there are none.

    Returns:
        Arrays (N,) by name: ``network_x``, ``network_y``, the numbers of
        :class:`irpoint.measurement.Measurement`, ``flags`` as text, and the angles in degrees. NaN
        where a number is not known.
    """
    columns: dict[str, Column] = {}
    measured = points_of(found).measured
    if measured is not None:
        columns |= dict(zip(NETWORK, measured.network_xy.T, strict=True))
        columns |= {name: getattr(measured, name) for name in NUMBERS}
        texts = [Flag(flags).text for flags in measured.flags.tolist()]
        columns[FLAGS] = np.array(texts, dtype=str)
    if isinstance(found, FrameResult) and found.angles is not None:
        columns |= {name: getattr(found.angles, name) for name in DIRECTION}
    return columns


def measurement_of(columns: Mapping[str, Any]) -> Measurement | None:
    """The measurement that :func:`measured_columns` has put into columns; None if one lacks.

    Raises:
        ValueError: if a flag is unknown, or the lengths of the columns differ.
    """
    if any(name not in columns for name in (*NETWORK, *NUMBERS, FLAGS)):
        return None
    place = np.stack([np.asarray(columns[name], float) for name in NETWORK], axis=-1)
    flags = np.array([int(Flag.parse(str(text))) for text in columns[FLAGS]], np.uint8)
    numbers: dict[str, Any] = {name: np.asarray(columns[name]) for name in NUMBERS}
    return Measurement(place, **numbers, flags=flags)
