"""A wanted rate of false alarms, and what it is counted per."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from irpoint.errors import SettingsError
from irpoint.frames.source import Source
from irpoint.zoo.footage import RateUnit

UNITS = MappingProxyType({"mpx": "million pixels", "frame": "frame", "hour": "hour"})


@dataclass(frozen=True)
class Rate:
    """A rate of false alarms.

    Attributes:
        value: false alarms per unit, > 0.
        unit: ``mpx`` (million searched pixels), ``frame`` or ``hour``.

    Raises:
        SettingsError: if the value or the unit is wrong.
    """

    value: float
    unit: RateUnit = "mpx"

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise SettingsError(f"rate per {self.unit}: give one of {', '.join(UNITS)}")
        if not 0 < self.value < math.inf:
            raise SettingsError(f"{self}: give a number above 0")

    def __str__(self) -> str:
        return f"{self.value:g} false alarm{'s' * (self.value != 1)} per {UNITS[self.unit]}"

    def check(self, *, fps: float | None, frames: int | None, batch: int) -> None:
        """Check numbers before any work starts.

        Raises:
            SettingsError: if one is out of range.
        """
        if fps is not None and not 0 < fps < math.inf:
            raise SettingsError(f"--fps {fps:g}: give a number above 0")
        if frames is not None and frames < 1:
            raise SettingsError(f"--frames {frames}: give 1 or more")
        if batch < 1:
            raise SettingsError(f"--batch {batch}: give 1 or more")

    def check_clock(self, fps: float | None, sources: Sequence[Source]) -> None:
        """Check that hours can be counted, if they must.

        Raises:
            SettingsError: if there is neither a frame rate nor a source with times.
        """
        if self.unit == "hour" and fps is None and not all(source.clock for source in sources):
            raise SettingsError(f"{self}: give --fps, because the frames have no times")
