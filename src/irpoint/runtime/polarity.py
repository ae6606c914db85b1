"""Bright and dark targets: networks find bright ones, so dark ones are found in inverted frames."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from irpoint.errors import SettingsError
from irpoint.frames.arrays import Frame
from irpoint.points import Points

Polarity = Literal["bright", "dark", "both"]
POLARITIES: tuple[str, ...] = get_args(Polarity)

# One place has one polarity: closer together than this, a bright and a dark target cannot be told
# from one target and its rim.
_SAME_PLACE_PX = 3.0

# Whether each pass of the network is over the inverted frame.
_PASSES = {"bright": (False,), "dark": (True,), "both": (False, True)}


def passes(polarity: str) -> tuple[bool, ...]:
    """For each time that a frame goes through the network: whether it is inverted.

    Raises:
        SettingsError: if there is no such polarity.
    """
    if polarity not in _PASSES:
        raise SettingsError(f"polarity {polarity!r}: give bright, dark or both")
    return _PASSES[polarity]


def invert(frame: Frame, high: float) -> npt.NDArray[np.float32]:
    """How far each pixel of a frame (H, W) is below its upper level, in counts.

    The levels of the result are 0 and the span of the frame's. float32 holds it whatever the type
    of the frame, so no integer overflows, and small differences keep their digits.
    """
    with np.errstate(over="ignore"):  # a "no data" value may be as large as the type allows
        below: npt.NDArray[np.float32] = np.float32(high) - frame.astype(np.float32)
    return below


def merge(found: list[Points]) -> Points:
    """The points of all passes over one frame, highest score first.

    A point within 3 px of a higher-scored point of the other polarity is dropped.
    """
    if len(found) == 1:
        return found[0]
    xy, score, dark = (
        np.concatenate([getattr(points, name) for points in found])
        for name in ("xy", "score", "dark")
    )
    points = Points(xy, score, dark)[np.argsort(-score, kind="stable")]
    return points[_strongest_in_place(points)]


def _strongest_in_place(points: Points) -> npt.NDArray[np.bool_]:
    """Which points have no kept, higher-scored point of the other polarity in the same place."""
    from scipy.spatial import cKDTree  # here, because it imports slowly and is rarely needed

    keep = np.ones(len(points), bool)
    pairs = cKDTree(points.xy).query_pairs(_SAME_PLACE_PX, output_type="ndarray")
    opposite = pairs[points.dark[pairs[:, 0]] != points.dark[pairs[:, 1]]]
    # By their second point, so that the first is decided before it decides on others.
    for higher, lower in opposite[np.argsort(opposite[:, 1], kind="stable")].tolist():
        keep[lower] &= not keep[higher]
    return keep
