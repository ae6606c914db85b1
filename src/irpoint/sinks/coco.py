"""The COCO keypoint record: one image per frame, one annotation with one keypoint per point.

It stores both detections and labels. It is in ``sinks`` because that is the lowest package that
uses it.

COCO boxes count from the outer corner of the top-left pixel, irpoint's positions from its centre.
The box of a point is the pixel around it, so it starts at the coordinates of the point.
"""

from __future__ import annotations

import json
import math
from typing import Any

LABELLED_AND_VISIBLE = 2

_CATEGORY = {
    "id": 1,
    "name": "target",
    "supercategory": "target",
    "keypoints": ["point"],
    "skeleton": [],
}


class CocoRecord:
    """A COCO keypoint file that is built frame by frame.

    Args:
        side: width and height of a point's box in pixels. An int is written as ``1``, a float as
            ``1.0``.
    """

    def __init__(self, side: float = 1) -> None:
        self._side = side
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    def add_image(self, **fields: Any) -> None:
        """Add a frame. ``fields`` are written unchanged, after its id."""
        self._images.append({"id": len(self._images) + 1, **fields})

    def add_point(self, x: float, y: float, **fields: Any) -> None:
        """Add a point to the last frame, in frame pixels. ``fields`` are written unchanged."""
        self._annotations.append(
            {
                "id": len(self._annotations) + 1,
                "image_id": self._images[-1]["id"],
                "category_id": _CATEGORY["id"],
                "keypoints": [x, y, LABELLED_AND_VISIBLE],
                "num_keypoints": 1,
                "bbox": [x, y, self._side, self._side],
                "area": self._side,
                "iscrowd": 0,
                **fields,
            }
        )

    def text(self, **info: Any) -> str:
        """The JSON text; ``info`` describes the file.

        The text is ASCII, so that the JSON is valid even if a file name is not valid Unicode.
        """
        content = {
            "info": info,
            "licenses": [],
            "images": self._images,
            "annotations": self._annotations,
            "categories": [_CATEGORY],
        }
        return json.dumps(content, indent=1, allow_nan=False) + "\n"


def read_keypoints(values: object) -> list[tuple[float, float, float]]:
    """The keypoints (x, y, visibility) of an annotation, from its flat list of numbers.

    Raises:
        ValueError: if ``values`` is not a list of finite numbers, three per keypoint.
    """
    if not isinstance(values, list) or len(values) % 3 or not all(map(_is_finite, values)):
        raise ValueError("not a list of x, y, visibility in finite numbers")
    return list(zip(values[::3], values[1::3], values[2::3], strict=True))


def _is_finite(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False
