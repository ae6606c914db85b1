"""Tracking behind detection: only points of confirmed tracks pass, each with its track's number."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from irpoint.frames.source import Skipped
from irpoint.pipeline.batches import Detected
from irpoint.pipeline.tracking import Tracker, TrackSettings
from irpoint.points import FrameResult


def track(
    items: Iterable[Detected | Skipped], settings: TrackSettings | None = None
) -> Iterator[Detected | Skipped]:
    """Follow the points of each sequence: a source of several frames, or a folder of single ones.

    Yields:
        The same items; of a frame's points those of confirmed tracks, with ``track_ids`` and
        ``tails``. Track numbers start at 1 in every sequence.
    """
    before, tracker = None, Tracker(settings)
    for item in items:
        if isinstance(item, Skipped):
            yield item
            continue
        if before is not None and not _go_on(before, item.result):
            tracker = Tracker(settings)
        before = item.result
        numbers = tracker.update(item.result.points.xy)
        kept = np.flatnonzero(numbers)
        result = dataclasses.replace(
            item.result, points=item.result.points[kept], track_ids=tuple(numbers[kept].tolist())
        )
        yield dataclasses.replace(item, result=result, tails=dict(tracker.tails()))


def _go_on(before: FrameResult, result: FrameResult) -> bool:
    """Whether two frames are of one sequence: of one source, or images of one folder."""
    if result.source == before.source:
        return True
    images = all(frame.time_s is None and frame.index == 0 for frame in (before, result))
    return images and Path(result.source).parent == Path(before.source).parent
