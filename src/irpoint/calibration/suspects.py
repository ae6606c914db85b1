"""Points of target-free footage that look like targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from irpoint.calibration.events import Alarms, Integers, find_events
from irpoint.points import FrameResult
from irpoint.zoo import ScoreOdds

PROBABLE = 0.95  # probability, at the prior of the card, from which a point looks like a target
_FRAMES = 5  # frames in which a moving point is seen
_TRAVEL_PX = 10.0  # how far it travels
_STRAY_PX = 1.5  # root mean square of its distance from a straight path


def suspects(
    alarms: Alarms, threshold: float, odds: ScoreOdds | None, results: Sequence[FrameResult]
) -> list[str]:
    """What to look at, a line each: points that score very high, points that move steadily.

    Args:
        alarms: all candidates of the footage.
        threshold: minimum score of the points that are judged.
        odds: what a score means; None if it is not known.
        results: the searched frames.
    """
    found = alarms.above(threshold)
    lines = []
    if odds is not None and len(found):
        strong = odds.probability(found.score) >= PROBABLE
        if strong.any():
            best = int(np.argmax(found.score))
            lines.append(
                f"{_points(int(strong.sum()), 'score', 'scores')} so high that "
                f"{100 * PROBABLE:.0f} % of such points were targets on {odds.split}; the "
                f"strongest is {_place(found, best, results)}"
            )
    moving = _moving(found)
    if len(moving):
        lines.append(
            f"{_points(len(moving), 'move', 'moves')} steadily, as targets do, unless the camera "
            f"moves; the first is {_place(found, int(moving[0]), results)}"
        )
    return lines


def _moving(alarms: Alarms) -> npt.NDArray[np.intp]:
    """The first point of each event that travels steadily, in the order of the footage."""
    event = find_events(alarms)
    order = np.lexsort((alarms.frame, event))
    parts = np.split(order, np.flatnonzero(np.diff(event[order])) + 1) if len(order) else []
    first = [int(part[0]) for part in parts if _travels(alarms, part)]
    return np.array(sorted(first, key=lambda point: int(alarms.frame[point])), np.intp)


def _travels(alarms: Alarms, points: Integers) -> bool:
    """Whether the points of an event, in order, are one point a frame on a straight path."""
    frame, xy = alarms.frame[points], alarms.xy[points]
    if len(points) < _FRAMES or (np.diff(frame) == 0).any():
        return False
    time = np.stack([np.ones(len(points)), frame - frame.mean()], axis=1)
    path, *_ = np.linalg.lstsq(time, xy, rcond=None)
    stray = np.sqrt(((xy - time @ path) ** 2).sum(axis=1).mean())
    travel = float(np.hypot(*path[1])) * (frame[-1] - frame[0])
    return bool(stray <= _STRAY_PX and travel >= _TRAVEL_PX)


def _points(count: int, several: str, one: str) -> str:
    return f"1 point {one}" if count == 1 else f"{count} points {several}"


def _place(alarms: Alarms, point: int, results: Sequence[FrameResult]) -> str:
    result, (x, y) = results[int(alarms.frame[point])], alarms.xy[point]
    return f"at ({x:.1f}, {y:.1f}) in frame {result.index} of {result.source}"
