"""Labels of a picture as tools show it → positions in the frame that is read."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from irpoint.datasets.extent import Extent
from irpoint.datasets.shapes import Target
from irpoint.errors import FrameWarning
from irpoint.frames.shown import Shown, picture_as_shown

Shape = tuple[int, int]


def shown_targets(
    image: Path, frame: Shape, size: tuple[float, float], read: Callable[[Shape], Sequence[Target]]
) -> list[Target] | None:
    """The targets of an image in pixels of its frame, if the tool has shown another picture.

    Args:
        image: the file.
        frame: (height, width) of its frame.
        size: (width, height) of the image, as the tool states it.
        read: returns the targets in a picture of a shape.

    Returns:
        None if the file has no picture of this size.
    """
    shown = picture_as_shown(image, frame)
    if shown is None or size != shown.shape[::-1] or not shown.is_frame:
        return None
    warnings.warn(
        FrameWarning(
            "shown-labels",
            str(image),
            f"its labels are of the {size[0]:g}x{size[1]:g} picture as the tool showed it; they "
            f"are converted to pixels of the {frame[1]}x{frame[0]} frame",
        ),
        stacklevel=2,
    )
    return [_converted(target, shown) for target in read(shown.shape)]


def _converted(target: Target, shown: Shown) -> Target:
    x, y = shown.to_frame(np.array([[target.x, target.y]]))[0]
    extent = target.extent and _converted_extent(target.extent, shown)
    return Target(float(x), float(y), extent, target.track)


def _converted_extent(extent: Extent, shown: Shown) -> Extent:
    corners = shown.to_frame(np.stack((extent.low, extent.high)))
    if extent.pixels is None:
        return Extent(corners.min(axis=0), corners.max(axis=0))
    size = extent.size if shown.orientation < 5 else extent.size[::-1]
    across, down = shown.scale
    return Extent.of_pixels(shown.to_frame(extent.pixels), (size[0] * across, size[1] * down))
