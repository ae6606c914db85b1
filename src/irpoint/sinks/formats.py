"""Detections as text: CSV, JSON and COCO, all of which ``irpoint evaluate`` reads back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from irpoint._version import __version__
from irpoint.points import FrameResult, Points
from irpoint.sinks.coco import CocoRecord

Format = Literal["csv", "json", "coco"]

FORMATS: tuple[Format, ...] = get_args(Format)
FILE_NAMES: dict[Format, str] = {
    "csv": "points.csv",
    "json": "points.json",
    "coco": "points_coco.json",
}
COLUMNS = ("source", "frame", "x", "y", "score")
CLOCK, TRACK = "time_s", "track"


@dataclass(frozen=True)
class FoundFrame:
    """The points of one frame, and its (height, width) in pixels."""

    result: FrameResult
    shape: tuple[int, int]


def csv_text(
    frames: Iterable[FoundFrame],
    *,
    header: bool = True,
    clock: bool = False,
    tracks: bool = False,
) -> str:
    """``source,frame,x,y,score``: a line a point, none for a frame without points.

    ``clock`` adds the column ``time_s``, empty where a source has no clock; ``tracks`` then
    ``track``.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    if header:
        writer.writerow((*COLUMNS, *[CLOCK] * clock, *[TRACK] * tracks))
    for found in frames:
        result = found.result
        time = "" if result.time_s is None else f"{result.time_s:.3f}"
        for (x, y, score), number in zip(_numbers(result.points), _tracks(result), strict=True):
            row = (result.source, result.index, f"{x:.3f}", f"{y:.3f}", f"{score:.4f}")
            writer.writerow((*row, *[time] * clock, *[number] * tracks))
    return stream.getvalue()


def json_text(frames: Iterable[FoundFrame]) -> str:
    """``{"frames": [{"source", "frame", "points": [{"x", "y", "score"}]}]}``, all frames named.

    Frames of a source with a clock have ``time_s`` too, points of a track ``track``.
    """
    listed = [
        {
            "source": found.result.source,
            "frame": found.result.index,
            **_time(found.result),
            "points": [
                {"x": x, "y": y, "score": score, **_track(number)}
                for (x, y, score), number in zip(
                    _numbers(found.result.points), _tracks(found.result), strict=True
                )
            ],
        }
        for found in frames
    ]
    return _dump({"frames": listed})


def coco_text(frames: Iterable[FoundFrame]) -> str:
    """A COCO dictionary: one image per frame, one keypoint annotation with ``score`` per point.

    Points of a track have ``track`` too.
    """
    record = CocoRecord()
    for found in frames:
        result, (height, width) = found.result, found.shape
        record.add_image(
            file_name=result.source, height=height, width=width, frame=result.index, **_time(result)
        )
        for (x, y, score), number in zip(_numbers(result.points), _tracks(result), strict=True):
            record.add_point(x, y, score=score, **_track(number))
    return record.text(
        description=f"Points found by irpoint {__version__}; pixel centres at integers"
    )


def _tracks(result: FrameResult) -> Sequence[int | None]:
    return [None] * len(result.points) if result.track_ids is None else result.track_ids


def _track(number: int | None) -> dict[str, int]:
    return {} if number is None else {TRACK: number}


def _time(result: FrameResult) -> dict[str, float]:
    return {} if result.time_s is None else {CLOCK: round(result.time_s, 3)}


def _dump(content: dict[str, Any]) -> str:
    # ASCII alone: file names that are no Unicode stay valid JSON.
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _numbers(points: Points) -> Iterator[tuple[float, float, float]]:
    """x, y to 3 digits and score to 4; adding 0 turns −0 into 0."""
    for (x, y), score in zip(points.xy.tolist(), points.score.tolist(), strict=True):
        yield round(x, 3) + 0.0, round(y, 3) + 0.0, round(score, 4) + 0.0
