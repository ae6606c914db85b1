"""Frames that tell nothing: repeated ones, and the flat frame of a shutter.

While an uncooled camera corrects its offsets (FFC), it repeats its last frame or shows its shutter.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from irpoint.tracking.motion import Plane, View

Stillness = Literal["live", "repeated", "shutter"]

_REPEATED = 0.02  # change of a repeated frame over the usual one: codecs do not repeat exactly
_FLAT = 0.3  # contrast of a shutter over the usual one
_LEARNED = 0.1  # share of a new frame in what is usual


class StillnessTest:
    """Judges successive frames of one sequence."""

    def __init__(self) -> None:
        self._before: Plane | None = None
        self._change: float | None = None  # usual mean square difference of two frames
        self._contrast: float | None = None  # usual range between the quartiles of a frame

    def __call__(self, view: View) -> Stillness:
        """Whether the frame is new, repeats the one before, or shows a shutter."""
        now, before = view.coarse, self._before
        # Between quartiles, which a few bright targets do not change.
        contrast = float(np.subtract(*np.percentile(now, (75, 25))))
        if self._contrast is not None and contrast < _FLAT * self._contrast:
            return "shutter"
        change = None
        if before is not None and before.shape == view.binned.shape:
            change = float(np.mean((view.binned - before) ** 2))
            usual = self._change
            if change == 0 or (usual is not None and change < _REPEATED**2 * usual):
                return "repeated"
            self._change = change if usual is None else usual + _LEARNED * (change - usual)
        self._before = view.binned
        usual = self._contrast
        self._contrast = contrast if usual is None else usual + _LEARNED * (contrast - usual)
        return "live"
