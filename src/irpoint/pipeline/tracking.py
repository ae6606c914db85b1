"""Tracking of results: only points of confirmed tracks remain, each with its track number."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from irpoint.frames.source import Skipped
from irpoint.pipeline.tracker import Tracker, TrackSettings
from irpoint.points import FrameResult


def track_results(
    results: Iterable[FrameResult | Skipped],
    settings: TrackSettings | Callable[[], TrackSettings] | None = None,
) -> Iterator[FrameResult | Skipped]:
    """Track the points of each sequence: a source of several frames, or a folder of images.

    Args:
        results: of consecutive frames.
        settings: of the tracker, or a function that returns those of the next frame, for settings
            that change while tracks continue; None for the defaults.

    Yields:
        The same results with the points of confirmed tracks, ``track_ids``, ``tails`` and
        ``tracks``. Track numbers start at 1 in every sequence.
    """
    current = settings if callable(settings) else _always(settings)
    before, tracker = None, Tracker(current())
    for result in results:
        if isinstance(result, Skipped):
            yield result
            continue
        if before is not None and not same_sequence(before, result):
            tracker = Tracker(current())
        if (changed := current()) is not None:
            tracker.settings = changed
        before = result.without_pixels()
        points, measured = result.points, result.points.measured
        covariance = None if measured is None else measured.covariance
        numbers = tracker.update(points.xy, points.dark, covariance)
        kept = np.flatnonzero(numbers)
        yield dataclasses.replace(
            result,
            points=points[kept],
            track_ids=tuple(numbers[kept].tolist()),
            tails=dict(tracker.tails()),
            tracks=tracker.states(),
        )


def _always(settings: TrackSettings | None) -> Callable[[], TrackSettings | None]:
    return lambda: settings


def same_sequence(before: FrameResult, result: FrameResult) -> bool:
    """Whether two frames are of one source, or images of one folder."""
    if result.source == before.source:
        return True
    images = all(frame.time_s is None and frame.index == 0 for frame in (before, result))
    return images and Path(result.source).parent == Path(before.source).parent
