"""Time of measuring alone, without a network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import numpy.typing as npt

from irpoint.benchmark.timing import median_ms
from irpoint.measuring import measure
from irpoint.points import Points

COUNTS = (10, 1000)
_SPACING = 24  # px between targets
_SIGMA = 1.0
_NETWORK_ERROR = 0.4  # px per axis


def measuring_ms(repeats: int) -> dict[str, float]:
    """Median time to measure so many points of a 16-bit frame on one core, by their number."""
    with _one_core():
        return {
            str(count): median_ms(partial(measure, *_frame(count)), repeats) for count in COUNTS
        }


def _frame(count: int) -> tuple[npt.NDArray[np.uint16], Points]:
    """A frame of point targets at SNR 20 in noise, and the points of a network."""
    rng = np.random.default_rng(0)
    side = int(np.ceil(np.sqrt(count)))
    frame = rng.normal(10_000, 20, (side * _SPACING, side * _SPACING))
    cells = np.stack(np.divmod(np.arange(count), side)[::-1], axis=1)
    places = (cells + 0.5) * _SPACING + rng.uniform(-2, 2, (count, 2))
    offsets = np.arange(-8, 9)
    for place in places:
        columns, rows = np.rint(place).astype(int)[:, None] + offsets
        across, down = (
            np.exp(-0.5 * ((pixels - middle) / _SIGMA) ** 2)
            for pixels, middle in zip((columns, rows), place, strict=True)
        )
        frame[np.ix_(rows, columns)] += 400 * np.outer(down, across)
    found = places + rng.normal(0, _NETWORK_ERROR, places.shape)
    return np.rint(frame).astype(np.uint16), Points.labels(found)


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this thread on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
