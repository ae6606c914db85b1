"""How far the places that a network gives are from the truth, for the model card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from irpoint.datasets.record import LabelledFrame
from irpoint.evaluation.matching import match
from irpoint.frames.scale import InputScale
from irpoint.points import Points

_ONE_SIGMA = 0.6827  # of a normal distribution within one standard deviation
_MIN_PAIRS = 20  # with fewer, there is no deviation


def network_place_std(
    frames: Iterable[LabelledFrame],
    found: Mapping[Path, Points],
    threshold: float,
    input_scale: str,
) -> float | None:
    """Standard deviation of the network's place along each axis, in network pixels.

    It is the 68 % quantile of the absolute offsets from matched targets along both axes, which a
    few wrong matches do not change.

    Args:
        frames: frames with their labels.
        found: points by image file; of measured ones, the place that the network gave counts.
        threshold: minimum score of a point that counts.
        input_scale: scale at which the network sees the frames.

    Returns:
        The deviation; None if fewer than 20 targets are found.
    """
    scale = InputScale.parse(input_scale)
    offsets = [np.empty((0, 2))]
    for frame in frames:
        points = found[frame.image].above(threshold)
        places = points.xy if points.measured is None else points.measured.network_xy
        pairs = match(frame.points.xy, places)
        off = places[pairs.predicted_index] - frame.points.xy[pairs.truth_index].astype(np.float64)
        offsets.append(off * max(scale.size(frame.shape)) / max(frame.shape))
    sizes = np.abs(np.concatenate(offsets))
    return float(np.quantile(sizes, _ONE_SIGMA)) if len(sizes) >= _MIN_PAIRS else None
