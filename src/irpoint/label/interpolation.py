"""Points between the clicks of a track: label every k-th frame, get the rest."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from irpoint.label.labels import FrameLabels, Point

LONGEST_GAP = 250  # frames between two clicks of a track that still belong together


def interpolated(
    sequence: Sequence[str],
    labels: Mapping[str, FrameLabels],
    track: int,
    shapes: tuple[int, int] | None = None,
) -> dict[str, FrameLabels]:
    """New labels of the frames between the clicks of a track.

    Clicks are what a person set or moved; they are never changed. What an earlier interpolation
    left is replaced, or taken away where no two clicks are around it any more. Between clicks the
    path is a monotone cubic (PCHIP), which does not overshoot.

    Args:
        sequence: names of the frames in order of time.
        labels: of every frame of the sequence that has any.
        track: number of the track.
        shapes: (height, width) of the frames, to keep the path inside.

    Returns:
        By frame, the labels that differ from before.
    """
    held = [labels.get(name, FrameLabels()) for name in sequence]
    clicks = [
        (at, point)
        for at, frame in enumerate(held)
        for point in frame.points
        if point.track == track and point.origin != "track"
    ]
    path = _path(clicks, track, shapes)
    changed: dict[str, FrameLabels] = {}
    for at, (name, before) in enumerate(zip(sequence, held, strict=True)):
        kept = [p for p in before.points if not (p.track == track and p.origin == "track")]
        points = (*kept, *([path[at]] if at in path else []))
        if points != before.points:
            changed[name] = before.model_copy(update={"points": points, "state": _state(before)})
    return changed


def _state(before: FrameLabels) -> str:
    # Somebody has to look whether the track is right.
    return "open" if before.decided else before.state


def _path(
    clicks: Sequence[tuple[int, Point]], track: int, shape: tuple[int, int] | None
) -> dict[int, Point]:
    """Points strictly between clicks, by place in the sequence."""
    unique = dict(clicks)
    at = sorted(unique)
    if len(at) < 2:
        return {}
    xy = np.array([(unique[k].x, unique[k].y) for k in at])
    curve = PchipInterpolator(at, xy)
    found: dict[int, Point] = {}
    for first, second in itertools.pairwise(at):
        if second - first > LONGEST_GAP:
            continue
        for between in range(first + 1, second):
            x, y = curve(between)
            if shape is not None:
                x, y = min(x, shape[1] - 0.5), min(y, shape[0] - 0.5)
            found[between] = Point(
                x=max(float(x), -0.5), y=max(float(y), -0.5), origin="track", track=track
            )
    return found
