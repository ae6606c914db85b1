"""Tracking behind detection: only points of confirmed tracks pass, each with its track's number."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from irpoint.frames.sequence import Skipped
from irpoint.points import FrameResult
from irpoint.runtime.files import Detected
from irpoint.tracking import Tracker, TrackSettings


def track(
    items: Iterable[Detected | Skipped], settings: TrackSettings | None = None
) -> Iterator[Detected | Skipped]:
    """Follow the points of each sequence: a video, a stream, or all files of one folder, in order.

    Yields:
        The same items; of a frame's points those of confirmed tracks, with ``track_ids`` and
        ``tails``. Track numbers start at 1 in every sequence.
    """
    sequence, tracker = "", Tracker(settings)
    for item in items:
        if isinstance(item, Skipped):
            yield item
            continue
        before, sequence = sequence, _sequence(item.result)
        if sequence != before:
            tracker = Tracker(settings)
        numbers = tracker.update(item.result.points.xy)
        kept = np.flatnonzero(numbers)
        result = dataclasses.replace(
            item.result, points=item.result.points[kept], track_ids=tuple(numbers[kept].tolist())
        )
        yield dataclasses.replace(item, result=result, tails=dict(tracker.tails()))


def _sequence(result: FrameResult) -> str:
    return result.source if result.time_s is not None else str(Path(result.source).parent)
