"""Stopwatch and percentiles for all figures of the benchmark."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from irpoint.frames.arrays import Frame
from irpoint.points import Points
from irpoint.runtime.detector import Detector
from irpoint.runtime.prepared import Prepared

WARM_UP = 3  # calls that are not timed, because the first ones load code and fill caches


class Stopwatch:
    """Measures consecutive stages.

    Attributes:
        milliseconds: duration of each finished stage.
    """

    def __init__(self) -> None:
        self.milliseconds: list[float] = []
        self._last = time.perf_counter()

    def lap(self) -> None:
        """End the current stage and start the next one."""
        now = time.perf_counter()
        self.milliseconds.append((now - self._last) * 1e3)
        self._last = now


def time_detection(
    detector: Detector, frame: Frame, stopwatch: Stopwatch
) -> tuple[Prepared, Points]:
    """Detect points in one frame, in four laps: prepare, network, decode, measure."""
    prepared = detector.prepare(frame)
    stopwatch.lap()
    response = detector.respond([prepared])
    stopwatch.lap()
    points = detector.locate(response[0], prepared)
    stopwatch.lap()
    points = detector.measure(points, prepared)
    stopwatch.lap()
    return prepared, points


class Spread(TypedDict):
    """Median and 95th percentile of repeated measurements, in milliseconds."""

    median: float
    p95: float


def spread(milliseconds: npt.NDArray[np.float64]) -> Spread:
    """Median and 95th percentile of a column of measurements."""
    median, p95 = np.percentile(milliseconds, (50, 95)).tolist()
    return {"median": median, "p95": p95}


def median_ms(call: Callable[[], object], repeats: int) -> float:
    """Median duration of ``repeats`` calls in milliseconds, after a warm-up."""
    times = []
    for _ in range(WARM_UP + repeats):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return float(np.median(times[WARM_UP:]))
