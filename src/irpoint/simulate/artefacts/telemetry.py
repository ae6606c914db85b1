"""Telemetry lines: 16-bit words beside the scene, as in the raw output of thermal cameras."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from irpoint.simulate.artefacts.border import at_sides
from irpoint.simulate.artefacts.canvas import Frame, Mask, Rails, in_type
from irpoint.simulate.artefacts.settings import Artefacts

Words = npt.NDArray[np.uint16]


def _words(count: int, fill: float, rng: np.random.Generator) -> Words:
    """One line: short fields of different kinds, and zeros after them.

    The fields are those of public data sheets (Lepton 500-0659-00-09, section 3.4; Boson and Tau
    are alike): revision and status are small, counters and serial numbers take any value,
    temperatures are kelvin times 10 or 100, reserved words are 0, emissivities 8192 (that is 1),
    unused fields sometimes 65535.
    """
    line = np.zeros(count, np.uint16)
    used, at = round(fill * count), 0
    while at < used:
        length = min(int(rng.integers(1, 9)), used - at)
        kind = rng.integers(6)
        field = line[at : at + length]
        if kind == 0:
            field[:] = rng.integers(0, 256, length)
        elif kind in (1, 2):
            field[:] = rng.integers(0, 65536, length)
        elif kind == 3:
            field[:] = rng.integers(2900, 3200) * (10 if rng.random() < 0.7 else 1)
            field += rng.integers(0, 100, length, np.uint16)
        elif kind == 4:
            field[:] = rng.choice((8192, 65535))
        at += length
    return line


def add_telemetry(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Replace the outermost lines at one side with telemetry words.

    A word takes one pixel, or two (high byte first) in 8-bit frames. Float frames hold the words
    as software that converts the whole frame makes them: times ``kelvin_per_count``, if that is
    set.
    """
    height, width = frame.shape
    columns = settings.telemetry_side in ("left", "right")
    length, breadth = (height, width) if columns else (width, height)
    mask = at_sides(frame.shape, settings.telemetry, (settings.telemetry_side,))
    lines = min(settings.telemetry, breadth)
    words = np.stack([_words(length, settings.telemetry_fill, rng) for _ in range(lines)])
    values: Frame = words
    if frame.dtype.itemsize == 1:
        values = words.astype(">u2").view(np.uint8)[:, :length]
    if frame.dtype.kind == "i":  # the same bits, read as signed
        values = values.view(f"i{values.dtype.itemsize}")
    if frame.dtype.kind == "f":
        values = values * (settings.kelvin_per_count or 1.0)
    result = frame.copy()
    result[mask] = in_type(values.T if columns else values, frame.dtype).ravel()
    return result, mask
