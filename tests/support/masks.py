"""Made masks."""

from __future__ import annotations

import numpy as np


def box_mask(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (40, 50)) -> np.ndarray:
    """A mask with boxes (top, left, height, width)."""
    mask = np.zeros(shape, bool)
    for top, left, height, width in boxes:
        mask[top : top + height, left : left + width] = True
    return mask
