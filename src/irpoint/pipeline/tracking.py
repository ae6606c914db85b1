"""Tracking of results: only points of confirmed tracks remain, each with its track number."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from irpoint.frames.source import Skipped
from irpoint.points import FrameResult, Points
from irpoint.runtime.detector import Detector
from irpoint.runtime.polarity import passes
from irpoint.tracking.m_of_n import Tracker, TrackSettings
from irpoint.tracking.search import SearchSettings
from irpoint.tracking.sequence import SequenceTracker
from irpoint.tracking.smoothing import Smoother

AnySettings = TrackSettings | SearchSettings


def track_results(
    results: Iterable[FrameResult | Skipped],
    settings: AnySettings | Callable[[], AnySettings | None] | None = None,
    detector: Detector | None = None,
) -> Iterator[FrameResult | Skipped]:
    """Track the points of each sequence: a source of several frames, or a folder of images.

    Args:
        results: of consecutive frames. With their ``weak`` points and their pixels, targets are
            found that no single frame shows.
        settings: of the tracker, or a function that returns those of the next frame, for settings
            that change while tracks continue. :class:`SearchSettings` track before detect, as
            ``--track`` does; :class:`TrackSettings` confirm M detections of N frames. None is the
            default of :class:`SearchSettings`.
        detector: what found the points: its card says what scores mean; None if it is not known.

    Yields:
        The same results with the points of confirmed tracks, ``track_ids``, ``tails``, ``tracks``
        and ``motion``. Track numbers start at 1 in every sequence. With ``smooth``, results come
        two seconds of frames later.
    """
    current = settings if callable(settings) else _always(settings)
    before: FrameResult | None = None
    tracker: _MOfN | _Search | None = None
    for result in results:
        if isinstance(result, Skipped):
            yield result
            continue
        now = current() or SearchSettings()
        same = before is not None and same_sequence(before, result)
        if tracker is None or before is None or not same or before.shape != result.shape:
            last = tracker.last_number if tracker is not None and same else 0
            if tracker is not None:
                yield from tracker.finish()
            tracker = _begin(now, result.shape, detector, last)
        before = result.without_pixels()
        yield from tracker.update(result, now)
    if tracker is not None:
        yield from tracker.finish()


class _MOfN:
    """As :class:`Tracker`, of results."""

    def __init__(self, settings: TrackSettings, last_number: int) -> None:
        self._tracker = Tracker(settings, last_number)

    @property
    def last_number(self) -> int:
        return self._tracker.last_number

    def update(self, result: FrameResult, settings: AnySettings) -> list[FrameResult]:
        assert isinstance(settings, TrackSettings)
        self._tracker.settings = settings
        points, measured = result.points, result.points.measured
        covariance = None if measured is None else measured.covariance
        numbers = self._tracker.update(points.xy, points.dark, covariance)
        kept = np.flatnonzero(numbers)
        tracked = dataclasses.replace(
            result,
            points=points[kept],
            weak=Points.empty(),
            track_ids=tuple(numbers[kept].tolist()),
            tails=dict(self._tracker.tails()),
            tracks=self._tracker.states(),
        )
        return [tracked]

    def finish(self) -> list[FrameResult]:
        return []


class _Search:
    """Track before detect, and smoothing if it is asked for."""

    def __init__(
        self,
        settings: SearchSettings,
        shape: tuple[int, int],
        detector: Detector | None,
        last_number: int,
    ) -> None:
        self._tracker = SequenceTracker(
            shape,
            settings,
            None if detector is None else detector.card,
            (False,) if detector is None else passes(detector.polarity),
            None if detector is None else detector.region,
            last_number,
        )
        self._smoother = Smoother(self._tracker) if settings.smooth else None
        self._detector = detector

    @property
    def last_number(self) -> int:
        return self._tracker.search.last_number

    def update(self, result: FrameResult, settings: AnySettings) -> list[FrameResult]:
        assert isinstance(settings, SearchSettings)
        self._tracker.settings = settings
        if self._detector is not None:
            self._tracker.region = self._detector.region  # which a live page may change
        if self._smoother is not None:
            return self._smoother.update(result)
        return [self._tracker.update(result)]

    def finish(self) -> list[FrameResult]:
        return [] if self._smoother is None else self._smoother.finish()


def _begin(
    settings: AnySettings, shape: tuple[int, int], detector: Detector | None, last_number: int
) -> _MOfN | _Search:
    if isinstance(settings, TrackSettings):
        return _MOfN(settings, last_number)
    return _Search(settings, shape, detector, last_number)


def _always(settings: AnySettings | None) -> Callable[[], AnySettings | None]:
    return lambda: settings


def same_sequence(before: FrameResult, result: FrameResult) -> bool:
    """Whether two frames are of one source, or images of one folder."""
    if result.source == before.source:
        return True
    images = all(frame.time_s is None and frame.index == 0 for frame in (before, result))
    return images and Path(result.source).parent == Path(before.source).parent
