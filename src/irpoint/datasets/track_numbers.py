"""The track numbers of targets, as label files state them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from irpoint.datasets.shapes import Target

LARGEST_TRACK = 1_000_000_000
NAMES = ("track", "track_id")
"""Names of the field or attribute with the number, the one to prefer first."""


def track_number(value: object) -> int | None:
    """A stated track number: a whole number from 0, or its text; None if it is anything else.

    >>> track_number(3), track_number("3.0"), track_number("bird"), track_number(True)
    (3, 3, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return int(number) if 0 <= number <= LARGEST_TRACK and number == number // 1 else None


def stated_track(fields: dict[str, Any]) -> int | None:
    """The track number in the fields of a JSON record, or in its ``attributes``."""
    attributes = fields.get("attributes")
    for place in (fields, attributes if isinstance(attributes, dict) else {}):
        for name in NAMES:
            if (number := track_number(place.get(name))) is not None:
                return number
    return None


def on_track(targets: list[Target], number: int | None) -> list[Target]:
    """The targets of a shape on a track; several targets of one shape are on none."""
    if number is None or len(targets) != 1:
        return targets
    return [targets[0]._replace(track=number)]


def known_tracks(numbers: Sequence[int | None]) -> tuple[int | None, ...] | None:
    """The numbers of the targets of a frame; None if none has one."""
    return tuple(numbers) if any(number is not None for number in numbers) else None
