"""Points as keypoints of FiftyOne.

FiftyOne's coordinates are fractions of the frame from its outer corner: the centre of the top-left
pixel of a frame that is 100 pixels wide is at 0.005.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from irpoint.errors import SettingsError
from irpoint.exchange.columns import (
    POLARITY,
    measured_columns,
    points_of,
    polarities,
    track_numbers,
)
from irpoint.points import FrameResult, Points
from irpoint.system.extras import import_library

if TYPE_CHECKING:
    import fiftyone


def to_fiftyone(
    found: Points | FrameResult, shape: tuple[int, int] | None = None
) -> fiftyone.Keypoints:
    """Points as keypoints for a field of a sample: ``sample["irpoint"] = to_fiftyone(result)``.

    Args:
        found: points, or the result of a frame.
        shape: (height, width) of the frame in pixels; not needed for a result, which has it.

    Returns:
        One keypoint of one point each, with the label ``target``, the score as its confidence, the
        track number as its index, and as attributes the polarity and, if the points were measured,
        every known column of ``irpoint detect``'s CSV: ``snr``, ``x_std``, ``flags`` and so on.

    Raises:
        SettingsError: if FiftyOne is not installed, or the shape is not known.
    """
    shape = found.shape if isinstance(found, FrameResult) else shape
    if shape is None:
        raise SettingsError("shape: give (height, width) of the frame; FiftyOne wants fractions")
    library = import_library("fiftyone", "this conversion", "fiftyone", SettingsError)
    points, numbers = points_of(found), track_numbers(found)
    columns = {POLARITY: polarities(points), **measured_columns(found)}
    height, width = shape
    keypoints = []
    for row, ((x, y), score) in enumerate(
        zip(points.xy.tolist(), points.score.tolist(), strict=True)
    ):
        values = {name: column[row].item() for name, column in columns.items()}
        keypoint = library.Keypoint(
            label="target",
            points=[((x + 0.5) / width, (y + 0.5) / height)],
            confidence=[score],
            index=None if numbers is None else int(numbers[row]),
            **{name: value for name, value in values.items() if _is_known(value)},
        )
        keypoints.append(keypoint)
    return library.Keypoints(keypoints=keypoints)


def _is_known(value: Any) -> bool:
    return not (isinstance(value, float) and math.isnan(value))
