"""The surroundings of a sun or a fire, whose halo would dominate the levels of a frame."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from irpoint.frames.arrays import Frame
from irpoint.frames.levels import Mask, finite, sample_step

_MIN_FRACTION, _MAX_FRACTION = 0.001, 0.33  # of the frame, at its highest value
_ROUND = 0.5  # fraction of its bounding box that a sun covers
_HALO = 1.5  # times the size of the saturated area, on each side


def find_glare(frame: Frame) -> Mask | None:
    """Find the saturated areas of a frame (H, W), with their halos.

    A halo is scene, in which targets can be found, but it should not affect the levels.

    Returns:
        bool (H, W); None if no area is saturated, or most of the frame is.
    """
    step = sample_step(frame.shape)
    sample = frame[::step, ::step]
    values = finite(sample)
    if not values.size:
        return None
    saturated = sample == values.max()
    fraction = np.count_nonzero(saturated) / sample.size
    if not _MIN_FRACTION <= fraction <= _MAX_FRACTION:
        return None
    labels, _ = ndimage.label(saturated, np.ones((3, 3), bool))
    glare = np.zeros(frame.shape, bool)
    for index, box in enumerate(ndimage.find_objects(labels), 1):
        area = labels[box] == index
        if np.count_nonzero(area) < max(0.5 * _MIN_FRACTION * sample.size, _ROUND * area.size):
            continue
        reach = _HALO * max(part.stop - part.start for part in box)
        rows, columns = (
            slice(max(0, round((part.start - reach) * step)), round((part.stop + reach) * step))
            for part in box
        )
        glare[rows, columns] = True
    return glare
