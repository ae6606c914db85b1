"""The methods that are compared: what each says of every frame of a stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from experiments.through_time.streams import CachedFrame, Stream
from irpoint.points import FrameResult, Points
from irpoint.runtime.distinct import unmeasured
from irpoint.tracking import SearchSettings, SequenceTracker, Tracker
from irpoint.tracking.sequence import Seen
from irpoint.tracking.smoothing import Smoother
from irpoint.tracking.specks import Specks
from irpoint.zoo import ModelCard

Floats = npt.NDArray[np.float64]
Said = list[Floats]
"""Per frame: (n, 3) number of the track, x and y; without tracks, the numbers are 0."""

CLASSICAL_THRESHOLD = 5.0  # of the statistic: one false alarm per megapixel of noise


def single(stream: Stream, card: ModelCard) -> Said:
    """The network's points at one false alarm per megapixel."""
    threshold = at_one_per_mpx(card)
    return [_numbered(frame.xy[frame.score >= threshold]) for frame in stream.frames]


def m_of_n(stream: Stream, card: ModelCard) -> Said:
    """Three of four of these points."""
    threshold = at_one_per_mpx(card)
    return _confirmed([frame.xy[frame.score >= threshold] for frame in stream.frames])


def classical(stream: Stream, card: ModelCard) -> Said:
    """Three of four of the peaks of the median filter."""
    del card
    return _confirmed(
        [
            frame.classical[frame.classical[:, 2] >= CLASSICAL_THRESHOLD, :2]
            for frame in stream.frames
        ]
    )


def searched(rate: float, *, smooth: bool = False) -> Callable[[Stream, ModelCard], Said]:
    """Track before detect, with a number of false tracks per hour."""

    def run(stream: Stream, card: ModelCard) -> Said:
        settings = SearchSettings(false_tracks_per_hour=rate, smooth=smooth)
        tracker = SequenceTracker(stream.shape, settings, card)
        smoother = Smoother(tracker)
        said = []
        for index, frame in enumerate(stream.frames):
            result, seen = result_of(stream, index, frame, card)
            if smooth:
                said += [_states(one) for one in smoother.update(result, seen)]
            else:
                said.append(_states(tracker.update(result, seen)))
        return said + [_states(one) for one in smoother.finish()] if smooth else said

    return run


def result_of(
    stream: Stream, index: int, frame: CachedFrame, card: ModelCard
) -> tuple[FrameResult, Seen]:
    """A cached frame, as the detector and the tracker see it."""
    points = unmeasured(Points(frame.xy.astype(np.float32), frame.score.astype(np.float32)), 1.0)
    assert points.measured is not None
    std = frame.std
    flags = np.where(frame.measured > 0, 0, points.measured.flags).astype(np.uint8)
    measured = replace(points.measured, x_std=std, y_std=std, flags=flags)
    points = replace(points, measured=measured)
    strong = frame.score >= card.thresholds.default
    dark = np.zeros(len(frame.specks), bool)
    specks = Specks(frame.specks[:, :2], frame.specks[:, 2], dark)
    result = FrameResult(
        stream.name,
        index,
        index * stream.period,
        stream.shape,
        points[strong],
        weak=points[~strong],
    )
    return result, Seen(frame.kind, frame.motion, specks if frame.kind == "live" else None)


def at_one_per_mpx(card: ModelCard) -> float:
    """The score of one false alarm per megapixel, or the default if the card does not know it."""
    known = card.thresholds.false_alarms_per_mpx.get("1")
    return card.thresholds.default if known is None else known


def _confirmed(points: list[Floats]) -> Said:
    tracker, said = Tracker(), []
    for xy in points:
        tracker.update(xy)
        states = [(one.number, one.x, one.y) for one in tracker.states()]
        said.append(np.array(states, float).reshape(-1, 3))
    return said


def _states(result: FrameResult) -> Floats:
    return np.array([(one.number, one.x, one.y) for one in result.tracks], float).reshape(-1, 3)


def _numbered(xy: Floats) -> Floats:
    return np.column_stack([np.zeros(len(xy)), xy])
