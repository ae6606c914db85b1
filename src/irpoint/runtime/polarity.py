"""Bright and dark targets: networks find bright ones, so dark ones are found in inverted frames."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from irpoint.errors import SettingsError
from irpoint.points import Points
from irpoint.runtime.in_place import Pairs, strongest_in_place

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


def merge(found: list[Points]) -> Points:
    """The points of all passes over one frame, highest score first.

    A point within 3 px of a higher-scored point of the other polarity is dropped.
    """
    if len(found) == 1:
        return found[0]
    points = Points.joined(found)
    points = points[np.argsort(-points.score, kind="stable")]

    def opposite(pairs: Pairs) -> npt.NDArray[np.bool_]:
        differ: npt.NDArray[np.bool_] = points.dark[pairs[:, 0]] != points.dark[pairs[:, 1]]
        return differ

    return points[strongest_in_place(points, _SAME_PLACE_PX, opposite)]
