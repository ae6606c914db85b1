"""The centroid of a polygon."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def polygon_centroid(corners: npt.ArrayLike) -> tuple[float, float]:
    """The centroid of the area of a polygon.

    Args:
        corners: (N, 2), N >= 1, in order, in any unit; the last is joined to the first.

    Returns:
        The centroid (x, y) of the area. If the corners enclose no area, as those of a line or of
        one point do, the centre of their bounding box.
    """
    xy = np.asarray(corners, np.float64).reshape(-1, 2)
    centre = (xy.min(axis=0) + xy.max(axis=0)) / 2
    own = xy - centre  # small numbers, so that the products below lose no digits
    following = np.roll(own, -1, axis=0)
    cross = own[:, 0] * following[:, 1] - following[:, 0] * own[:, 1]
    area = cross.sum()
    # A figure of eight has parts of opposite sign; its quotient would lie anywhere.
    if abs(area) > 1e-9 * np.abs(cross).sum() and area != 0:
        inner = ((own + following) * cross[:, None]).sum(axis=0) / (3 * area)
        if (np.abs(inner) <= np.abs(own).max(axis=0)).all():
            return float(centre[0] + inner[0]), float(centre[1] + inner[1])
    return float(centre[0]), float(centre[1])
