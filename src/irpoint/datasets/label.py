"""Check the labels of one frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from irpoint.datasets.extent import Extent
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.track_numbers import known_tracks
from irpoint.errors import DatasetError, FrameError
from irpoint.frames.numbered import numbered_shape
from irpoint.points import Points


def image_shape(image: Path) -> tuple[int, int]:
    """(height, width) of an image of a dataset, from its header; or of ``stack.tif#12``.

    Raises:
        DatasetError: if the file is missing or damaged.
    """
    try:
        return numbered_shape(image)
    except FrameError as error:
        raise DatasetError(str(error)) from error


def labelled_frame(
    name: str,
    image: Path,
    shape: tuple[int, int],
    xy: npt.ArrayLike,
    source: str,
    dataset: str,
    extents: Sequence[Extent] | None = None,
    tracks: Sequence[int | None] | None = None,
) -> LabelledFrame:
    """A frame with checked labels.

    Args:
        name: name of the frame in its split list.
        image: the image file.
        shape: (height, width) in pixels.
        xy: (N, 2) positions of the targets, frame pixels.
        source: the file that states the positions, for error messages.
        dataset: name of the dataset.
        extents: the extent of each target, if it is known.
        tracks: number of the track of each target, None for a target without one.

    Raises:
        DatasetError: if a coordinate is not finite, or if a point is outside the frame, that is,
            outside -0.5..W-0.5 and -0.5..H-0.5.
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise DatasetError(f"{source}: a coordinate of '{name}' is not finite; correct the label")
    height, width = shape
    outside = ((points < -0.5) | (points > (width - 0.5, height - 0.5))).any(axis=1)
    if outside.any():
        x, y = points[outside][0]
        raise DatasetError(
            f"{source}: the point ({x:g}, {y:g}) of '{name}' is outside its {width}x{height} frame "
            f"{image.name}; correct the label"
        )
    known = None if extents is None else tuple(extents)
    numbers = known_tracks(tracks or ())
    return LabelledFrame(name, image, shape, Points.labels(points), dataset, known, numbers)


def moved_inside(
    xy: Sequence[tuple[float, float] | None], shape: tuple[int, int], tolerance: float = 1.0
) -> tuple[npt.NDArray[np.float64], int]:
    """Move points that lie a little outside their frame to its edge.

    Args:
        xy: N positions in frame pixels.
        shape: (height, width) in pixels.
        tolerance: points farther outside than this, in pixels, stay.

    Returns:
        The positions, (N, 2), and the number of those that were moved.
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    inside = np.clip(points, -0.5, (shape[1] - 0.5, shape[0] - 0.5))
    near = (points != inside).any(axis=1) & (np.abs(points - inside) <= tolerance).all(axis=1)
    return np.where(near[:, None], inside, points), int(near.sum())
