"""Results → the same with the direction of each point and track, as a camera sees it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from irpoint.angles import Angles
from irpoint.errors import SettingsError
from irpoint.frames.source import Skipped
from irpoint.measuring.camera import Camera
from irpoint.pipeline.batches import Unfit, refuse_unfit
from irpoint.points import FrameResult, TrackState


def add_angles(
    results: Iterable[FrameResult | Skipped], camera: Camera
) -> Iterator[FrameResult | Skipped]:
    """Add ``angles`` and ``track_angles`` to each result.

    Yields:
        The same results with both; one Skipped for each source with frames of another size
        than the camera's.

    Raises:
        SettingsError: if the first frame has another size than the camera's.
    """
    return refuse_unfit(_add_each(results, camera))


def _add_each(
    results: Iterable[FrameResult | Skipped], camera: Camera
) -> Iterator[FrameResult | Skipped]:
    for result in results:
        if isinstance(result, Skipped):
            yield result
            continue
        try:
            yield with_angles(result, camera)
        except SettingsError as error:
            yield Unfit(result.source, f"{result.source}: {error}")


def with_angles(result: FrameResult, camera: Camera) -> FrameResult:
    """The same result with ``angles`` and ``track_angles``.

    Raises:
        SettingsError: if the frame has another size than the camera's.
    """
    return dataclasses.replace(
        result,
        angles=camera.angles(result.points, result.shape),
        track_angles=_track_angles(result.tracks, camera),
    )


def _track_angles(tracks: Sequence[TrackState], camera: Camera) -> Angles:
    """The direction of the filtered place of each track.

    Trackers do not state how x and y are correlated, so the deviations are those without it.
    """
    places = np.array([(track.x, track.y) for track in tracks]).reshape(-1, 2)
    deviations = np.array([(track.x_std, track.y_std) for track in tracks], float).reshape(-1, 2)
    return camera.angles(places, covariance=deviations[:, :, None] ** 2 * np.eye(2))
