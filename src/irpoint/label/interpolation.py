"""Interpolate the points of a track between its clicks."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from irpoint.label.labels import FrameLabels, Point

MAX_GAP = 250  # frames between two clicks that are still connected


def interpolate(
    sequence: Sequence[str],
    labels: Mapping[str, FrameLabels],
    track: int,
    shape: tuple[int, int] | None = None,
) -> dict[str, FrameLabels]:
    """Fill in a track between its clicks.

    Clicks are points that a person set or moved; they are never changed. The results of an earlier
    interpolation are replaced, or removed if they no longer lie between two clicks. The path is a
    monotone cubic (PCHIP), which does not overshoot.

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
    clicks = {
        at: point
        for at, frame in enumerate(current)
        for point in frame.points
        if point.track == track and point.origin != "track"
    }
    path = _path(clicks, track, shape)
    changed: dict[str, FrameLabels] = {}
    for at, (name, before) in enumerate(zip(sequence, current, strict=True)):
        kept = [p for p in before.points if not (p.track == track and p.origin == "track")]
        points = (*kept, *([path[at]] if at in path else []))
        if points != before.points:
            state = "open" if before.usable else before.state
            changed[name] = before.model_copy(update={"points": points, "state": state})
    return changed


def _path(
    clicks: Mapping[int, Point], track: int, shape: tuple[int, int] | None
) -> dict[int, Point]:
    """The interpolated points by index in the sequence."""
    at = sorted(clicks)
    if len(at) < 2:
        return {}
    curve = PchipInterpolator(at, np.array([(clicks[k].x, clicks[k].y) for k in at]))
    found: dict[int, Point] = {}
    for first, second in itertools.pairwise(at):
        if second - first > MAX_GAP:
            continue
        for between in range(first + 1, second):
            x, y = curve(between)
            if shape is not None:
                x, y = min(x, shape[1] - 0.5), min(y, shape[0] - 0.5)
            found[between] = Point(
                x=max(float(x), -0.5), y=max(float(y), -0.5), origin="track", track=track
            )
    return found
