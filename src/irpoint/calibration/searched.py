"""The searched footage in numbers, and the threshold that it supports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from irpoint.calibration.collect import Collected
from irpoint.calibration.events import Alarms
from irpoint.calibration.rate import Rate
from irpoint.calibration.threshold import (
    MIN_EVENTS,
    Counted,
    choose_threshold,
    count,
    is_enough,
    times_as_much,
)
from irpoint.errors import CalibrationError
from irpoint.points import FrameResult
from irpoint.runtime import Region
from irpoint.zoo.footage import RateUnit


@dataclass(frozen=True, eq=False)
class Searched:
    """Searched footage.

    Attributes:
        results: the frames with their candidates, in order.
        alarms: the candidates.
        pixels: float64 (F,) searched pixels of each frame.
        fps: frames per second; None if not known.
        not_judged: number of frames that were left out, by status.
        unreadable: number of sources, or parts of them, that could not be read.
    """

    results: Sequence[FrameResult]
    alarms: Alarms
    pixels: npt.NDArray[np.float64]
    fps: float | None
    not_judged: Counter[str]
    unreadable: int

    @classmethod
    def of(cls, found: Collected, region: Region, fps: float | None) -> Searched:
        """What was collected, inside the region.

        Raises:
            CalibrationError: if there is no frame.
        """
        if not found.results:
            left_out = sum(found.not_judged.values())
            raise CalibrationError(
                f"no frame can be searched: {left_out} show nothing, and {len(found.skipped)} "
                "files or parts cannot be read; give footage of the scene"
            )
        pixels_of = cache(region.pixels)
        return cls(
            found.results,
            found.alarms(),
            np.array([pixels_of(result.shape) for result in found.results], np.float64),
            fps or found.frames_per_second(),
            found.not_judged,
            len(found.skipped),
        )

    def size(self, unit: RateUnit) -> float:
        """Million pixels, frames or hours of the footage; nan if the hours are not known."""
        frames = len(self.pixels)
        sizes = {
            "mpx": float(self.pixels.sum()) / 1e6,
            "frame": float(frames),
            "hour": frames / self.fps / 3600 if self.fps else float("nan"),
        }
        return sizes[unit]

    def at(self, threshold: float) -> Counted:
        """The false alarms at a threshold."""
        return count(self.alarms, threshold, self.pixels)

    def choose(self, wanted: Rate, lowest: float, *, force: bool = False) -> Counted:
        """The false alarms at the lowest threshold that keeps a rate.

        Args:
            wanted: the rate.
            lowest: lowest score of a candidate.
            force: accept too little footage.

        Raises:
            CalibrationError: if the footage is too little; it says how much is needed.
        """
        allowed = wanted.value * self.size(wanted.unit)
        if np.isnan(allowed):
            raise CalibrationError("the frame rate of the footage is not known; give --fps")
        counted = self.at(choose_threshold(self.alarms, allowed, lowest))
        if force or is_enough(counted, allowed):
            return counted
        times = times_as_much(counted, allowed)
        raise CalibrationError(
            f"too little footage for {wanted}: its {self._words(1)} support "
            f"{counted.effective:.1f} independent false alarms of the {MIN_EVENTS:g} that are "
            f"needed; add more, about {self._words(times)} in all (what was searched is kept), or "
            "give --force"
        )

    def _words(self, times: float) -> str:
        """The size of so many times the footage."""
        frames, area = len(self.pixels) * times, self.size("mpx") * times
        return f"{_rounded_up(frames)} frames ({_rounded_up(area)} Mpx)"

    def rates(self, counted: Counted, unit: RateUnit) -> tuple[float, tuple[float, float]]:
        """Rate of counted false alarms in a unit, and its 95 % interval."""
        size = self.size(unit)
        low, high = counted.interval
        return counted.alarms / size, (low / size, high / size)


def _rounded_up(value: float) -> str:
    """Up to two digits that are not 0, never less than the value; whole numbers if it is one."""
    if value == int(value):
        return f"{int(value):,}"
    step = 10.0 ** (np.floor(np.log10(value)) - 1)
    return f"{np.ceil(value / step) * step:,.10g}"
