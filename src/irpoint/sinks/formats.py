"""Detections as text: CSV, JSON and COCO, all of which ``irpoint evaluate`` reads back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from irpoint import __version__
from irpoint.points import FrameResult, Points

Format = Literal["csv", "json", "coco"]

FORMATS: tuple[Format, ...] = get_args(Format)
FILE_NAMES: dict[Format, str] = {
    "csv": "points.csv",
    "json": "points.json",
    "coco": "points_coco.json",
}
COLUMNS = ("source", "frame", "x", "y", "score")

_VISIBLE = 2  # COCO: labelled and visible


@dataclass(frozen=True)
class FoundFrame:
    """The points of one frame, and its (height, width) in pixels."""

    result: FrameResult
    shape: tuple[int, int]


def csv_text(frames: Iterable[FoundFrame], *, header: bool = True) -> str:
    """``source,frame,x,y,score``: a line a point, none for a frame without points."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    if header:
        writer.writerow(COLUMNS)
    for found in frames:
        result = found.result
        for x, y, score in _numbers(result.points):
            writer.writerow((result.source, result.index, f"{x:.3f}", f"{y:.3f}", f"{score:.4f}"))
    return stream.getvalue()


def json_text(frames: Iterable[FoundFrame]) -> str:
    """``{"frames": [{"source", "frame", "points": [{"x", "y", "score"}]}]}``, all frames named."""
    listed = [
        {
            "source": found.result.source,
            "frame": found.result.index,
            "points": [
                {"x": x, "y": y, "score": score} for x, y, score in _numbers(found.result.points)
            ],
        }
        for found in frames
    ]
    return _dump({"frames": listed})


def coco_text(frames: Iterable[FoundFrame]) -> str:
    """A COCO dictionary: an image a frame, a keypoint annotation with ``score`` a point.

    A point has no extent; its box is the pixel about it. COCO boxes count from the pixel's corner,
    so that this box starts at the point's own numbers.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, found in enumerate(frames, start=1):
        height, width = found.shape
        name = found.result.source
        images.append({"id": image_id, "file_name": name, "height": height, "width": width})
        for x, y, score in _numbers(found.result.points):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": 1,
                    "keypoints": [x, y, _VISIBLE],
                    "num_keypoints": 1,
                    "bbox": [x, y, 1, 1],
                    "area": 1,
                    "iscrowd": 0,
                    "score": score,
                }
            )
    category = {
        "id": 1,
        "name": "target",
        "supercategory": "target",
        "keypoints": ["point"],
        "skeleton": [],
    }
    description = f"Points found by irpoint {__version__}; pixel centres at integers"
    return _dump(
        {
            "info": {"description": description},
            "licenses": [],
            "images": images,
            "annotations": annotations,
            "categories": [category],
        }
    )


def _dump(content: dict[str, Any]) -> str:
    # ASCII alone: file names that are no Unicode stay valid JSON.
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _numbers(points: Points) -> Iterator[tuple[float, float, float]]:
    """x, y to 3 digits and score to 4; adding 0 turns −0 into 0."""
    for (x, y), score in zip(points.xy.tolist(), points.score.tolist(), strict=True):
        yield round(x, 3) + 0.0, round(y, 3) + 0.0, round(score, 4) + 0.0
