"""Truth of simulated frames as COCO keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from irpoint.simulate.targets import Target

# A target's box reaches this many standard deviations of its point spread function.
_BOX_SIGMAS = 2.5


def empty_truth() -> dict[str, Any]:
    """A COCO keypoint file without images: one category with the one keypoint ``point``."""
    category = {
        "id": 1,
        "name": "target",
        "supercategory": "target",
        "keypoints": ["point"],
        "skeleton": [],
    }
    return {
        "info": {"description": "Simulated infrared frames; pixel centres at integers"},
        "licenses": [],
        "images": [],
        "annotations": [],
        "categories": [category],
    }


def _annotation(target: Target, shape: tuple[int, int]) -> dict[str, Any]:
    height, width = shape
    reach = _BOX_SIGMAS * target.psf_sigma
    left, top = max(target.x - reach, 0.0), max(target.y - reach, 0.0)
    right, bottom = min(target.x + reach, width - 1.0), min(target.y + reach, height - 1.0)
    box = [left, top, right - left, bottom - top]
    return {
        "category_id": 1,
        "keypoints": [round(target.x, 4), round(target.y, 4), 2],
        "num_keypoints": 1,
        "bbox": [round(value, 2) for value in box],
        "area": round(box[2] * box[3], 2),
        "iscrowd": 0,
    }


def add_frame(
    truth: dict[str, Any], file_name: str, shape: tuple[int, int], targets: Sequence[Target]
) -> None:
    """Add one image and an annotation for each of its targets to ``truth``, in place."""
    images, annotations = truth["images"], truth["annotations"]
    image_id = 1 + max((image["id"] for image in images), default=0)
    images.append({"id": image_id, "file_name": file_name, "height": shape[0], "width": shape[1]})
    first = 1 + max((annotation["id"] for annotation in annotations), default=0)
    for number, target in enumerate(targets, start=first):
        head = {"id": number, "image_id": image_id}
        annotations.append(head | _annotation(target, shape))
