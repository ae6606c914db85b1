"""The targets of one COCO annotation."""

from __future__ import annotations

from typing import Any

import numpy as np

from irpoint.datasets.entries import LeftOut, Shape
from irpoint.datasets.label_files import brief, numbers
from irpoint.datasets.rle import coco_mask
from irpoint.datasets.shapes import Target, box, click, mask, polygon
from irpoint.sinks.coco import read_keypoints


def annotation_targets(
    annotation: dict[str, Any], shape: Shape, left_out: LeftOut, whole: bool
) -> list[Target]:
    """The targets of an annotation: its visible keypoints, else its segment, else its box.

    Args:
        annotation: a record of the list ``annotations``.
        shape: (height, width) of its image.
        left_out: counts annotations that give no target.
        whole: whether keypoints count from the centre of the top-left pixel.

    Raises:
        ValueError: if a field is damaged, or if the annotation has none of the three.
    """
    segment = annotation.get("segmentation")
    if annotation.get("keypoints"):
        return _keypoints(annotation["keypoints"], left_out, whole)
    if isinstance(segment, dict) or (isinstance(segment, list) and any(segment)):
        return _segment(segment, bool(annotation.get("iscrowd")), shape, left_out)
    if annotation.get("bbox"):
        return _box(annotation, left_out)
    if annotation.get("keypoints") == []:
        return []
    raise ValueError("'keypoints' is not a list, and there is neither 'segmentation' nor 'bbox'")


def _keypoints(values: object, left_out: LeftOut, whole: bool) -> list[Target]:
    try:
        keypoints = read_keypoints(values)
    except ValueError as error:
        raise ValueError(f"'keypoints' is {error}") from error
    point = Target if whole else click
    targets = [point(float(x), float(y)) for x, y, visible in keypoints if visible > 0]
    if not targets:
        left_out["annotations without a visible keypoint"] += 1
    return targets


def _segment(
    segment: dict[str, Any] | list[Any], crowd: bool, shape: Shape, left_out: LeftOut
) -> list[Target]:
    try:
        if isinstance(segment, list):
            parts = [np.array(numbers(part)).reshape(-1, 2) for part in segment if part]
            return [polygon(parts)]
        if segment.get("size") != list(shape):
            raise ValueError(f"of the size {brief(segment.get('size'))}, not {list(shape)}")
        pixels = coco_mask(segment.get("counts"), *shape)
    except ValueError as error:
        raise ValueError(f"'segmentation' is wrong ({error})") from error
    # A crowd is a group of objects. CVAT marks every mask as one.
    targets = mask(pixels, split=crowd)
    if not targets:
        left_out["empty masks"] += 1
    return targets


def _box(annotation: dict[str, Any], left_out: LeftOut) -> list[Target]:
    try:
        left, top, width, height = numbers(annotation["bbox"], 4)
    except ValueError as error:
        raise ValueError(f"'bbox' is {error}") from error
    if annotation.get("iscrowd"):
        left_out["boxes around a group (iscrowd)"] += 1
        return []
    if not any((left, top, width, height)):
        left_out["boxes of zeros"] += 1
        return []
    return [box(left, top, left + width, top + height)]
