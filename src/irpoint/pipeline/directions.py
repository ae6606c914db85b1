"""Results → the same with the direction of each point, as a calibrated camera sees it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from irpoint.errors import SettingsError
from irpoint.frames.source import Skipped
from irpoint.measuring.camera import Camera
from irpoint.pipeline.batches import Unfit, refuse_unfit
from irpoint.points import FrameResult


def add_angles(
    results: Iterable[FrameResult | Skipped], camera: Camera
) -> Iterator[FrameResult | Skipped]:
    """Add ``angles`` to each result; of tracked results, to those of the tracks.

    Yields:
        The same results with ``angles``; one Skipped for each source with frames of another size
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
    """The same result with ``angles``.

    Raises:
        SettingsError: if the frame has another size than the camera's.
    """
    return dataclasses.replace(result, angles=camera.angles(result.points, result.shape))
