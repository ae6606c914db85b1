"""Interpolate the points of a track between its fixed points.

A point is *fixed* if a person set or moved it, if it came with the dataset, or if it is an accepted
proposal, which is a measurement. Interpolated points are not.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from irpoint.label.labels import FrameLabels, Point

MAX_GAP = 250  # frames between two fixed points that are still connected
SAME_TARGET = 3.0  # px, maximum distance of two points of one target

Shape = tuple[int, int]
Fixed = Mapping[int, Point]


def interpolate(
    sequence: Sequence[str],
    labels: Mapping[str, FrameLabels],
    track: int,
    shape: Shape | None = None,
) -> dict[str, FrameLabels]:
    """Fill in a track between its fixed points.

    Fixed points are never changed. The results of an earlier interpolation are replaced, or removed
    if they no longer lie between two fixed points. The path is a monotone cubic (PCHIP), which does
    not overshoot. A point without a number on the path is the target itself: it gets the number.

    Args:
        sequence: names of the frames in temporal order.
        labels: labels of every frame of the sequence that has any.
        track: number of the track.
        shape: (height, width) of the frames, in which the path stays.

    Returns:
        The changed labels by frame. A decided or imported frame becomes open again, so that a
        person reviews the interpolated point.
    """
    current = [labels.get(name, FrameLabels()) for name in sequence]
    fixed = _fixed(current, track)
    frames = {k for a, b in _spans(fixed) for k in range(a + 1, b)}
    interpolated = {k for k, frame in enumerate(current) if _has(frame, track, {"track"})}
    path = _path(fixed, track, frames, shape)
    return _changed(sequence, current, track, path, interpolated | frames)


def fill_around(
    sequence: Sequence[str],
    labels: Mapping[str, FrameLabels],
    track: int,
    name: str,
    reach: int = 1,
    gaps: bool = False,
    shape: Shape | None = None,
) -> dict[str, FrameLabels]:
    """Interpolate a track anew on both sides of a point that was set or moved.

    Interpolated points follow up to the next fixed point. Accepted proposals that are fewer than
    ``reach`` frames away follow, too, if there is a fixed point beyond them: where one was wrong,
    its neighbours may be.

    Args:
        sequence, labels, track, shape: see :func:`interpolate`.
        name: the frame of the point.
        reach: see above; 1 keeps all accepted proposals.
        gaps: whether to fill frames in which the track has no point, for a point that is new. They
            stay empty otherwise, because the target may be hidden there.

    Returns:
        The changed labels by frame, as of :func:`interpolate`.
    """
    current = [labels.get(k, FrameLabels()) for k in sequence]
    at = list(sequence).index(name)
    fixed = dict(_fixed(current, track))
    if at not in fixed:
        return {}
    loose = {
        k for k, point in fixed.items() if point.origin == "proposal" and 0 < abs(k - at) < reach
    }
    wanted: set[int] = set()
    for side in (range(at - 1, -1, -1), range(at + 1, len(sequence))):
        end = next((k for k in side if k in fixed and k not in loose), None)
        if end is None or abs(end - at) > MAX_GAP:
            continue
        between = set(range(min(at, end) + 1, max(at, end)))
        for k in between & loose:
            del fixed[k]
        wanted |= {k for k in between if gaps or _has(current[k], track)}
    path = _path(fixed, track, wanted, shape)
    return _changed(sequence, current, track, path, wanted)


def _has(frame: FrameLabels, track: int, origins: Collection[str] = ()) -> bool:
    return any(p.track == track and (not origins or p.origin in origins) for p in frame.points)


def _fixed(current: Sequence[FrameLabels], track: int) -> Fixed:
    """The fixed point of a track in each frame that has one."""
    return {
        at: point
        for at, frame in enumerate(current)
        for point in frame.points
        if point.track == track and point.origin != "track"
    }


def _spans(fixed: Fixed) -> list[tuple[int, int]]:
    """Pairs of neighbouring fixed points that are connected."""
    return [(a, b) for a, b in itertools.pairwise(sorted(fixed)) if b - a <= MAX_GAP]


def _path(fixed: Fixed, track: int, frames: Collection[int], shape: Shape | None) -> Fixed:
    """The interpolated point in each of some frames between two fixed points."""
    at = sorted(fixed)
    if len(at) < 2:
        return {}
    curve = PchipInterpolator(at, np.array([(fixed[k].x, fixed[k].y) for k in at]))
    found: dict[int, Point] = {}
    for k in frames:
        x, y = curve(k)
        if shape is not None:
            x, y = min(x, shape[1] - 0.5), min(y, shape[0] - 0.5)
        found[k] = Point(x=max(float(x), -0.5), y=max(float(y), -0.5), origin="track", track=track)
    return found


def _changed(
    sequence: Sequence[str],
    current: Sequence[FrameLabels],
    track: int,
    path: Fixed,
    frames: Collection[int],
) -> dict[str, FrameLabels]:
    """The labels of those of some frames in which the path changes the points."""
    changed: dict[str, FrameLabels] = {}
    for at in sorted(frames):
        before = current[at]
        kept = [p for p in before.points if p.track != track]
        points = on_path(kept, path[at]) if at in path else kept
        if tuple(points) != before.points:
            changed[sequence[at]] = reopened(before, points)
    return changed


def on_path(points: Sequence[Point], new: Point) -> list[Point]:
    """The points of a frame with one more; or with its number on the nearest that has none."""
    near = [
        (float(np.hypot(p.x - new.x, p.y - new.y)), k)
        for k, p in enumerate(points)
        if p.track is None
    ]
    if near and min(near)[0] <= SAME_TARGET:
        own = min(near)[1]
        return [
            p.model_copy(update={"track": new.track}) if k == own else p
            for k, p in enumerate(points)
        ]
    return [*points, new]


def reopened(before: FrameLabels, points: Sequence[Point]) -> FrameLabels:
    """Labels with other points, which a person reviews again if they were complete."""
    state = "open" if before.usable else before.state
    return before.model_copy(update={"points": tuple(points), "state": state})
