"""The regions of an annotation of Label Studio, and the targets of one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from irpoint.datasets.entries import LeftOut, Shape
from irpoint.datasets.label_files import brief, finite, numbers
from irpoint.datasets.rle import label_studio_mask
from irpoint.datasets.shapes import Target, Vertices, box, click, ellipse, mask, polygon
from irpoint.errors import DatasetError

Record = dict[str, Any]

_GEOMETRY = ("x", "y", "width", "height", "rotation", "radiusX", "radiusY", "points", "rle")
_OTHER_GEOMETRY = ("vertices", "sequence", "imageDataURL")


def regions_of(annotation: Record, label: str) -> list[Record]:
    """The regions of an annotation, each once, with the fields of their ``value`` at the top.

    With a separate tag for labels, Label Studio writes a region twice: its shape, and its shape
    with the label. Choices and texts of a region repeat its shape too.

    Args:
        annotation: an item of ``annotations``, or a record of JSON-MIN.
        label: file and task, for error messages.

    Raises:
        DatasetError: if ``result`` is not a list of records, or if the image was turned.
    """
    if "result" in annotation:
        result = annotation["result"]
        if not isinstance(result, list) or not all(isinstance(one, dict) for one in result):
            raise DatasetError(f"{label}: 'result' is not a list of regions")
        values = [one.get("value") for one in result]
        found = [
            {**one, **value}
            for one, value in zip(result, values, strict=True)
            if isinstance(value, dict)
        ]
    else:
        lists = [value for value in annotation.values() if isinstance(value, list)]
        found = [one for value in lists for one in value if isinstance(one, dict)]
    regions: dict[str, Record] = {}
    for one in found:
        if one.get("image_rotation"):
            raise DatasetError(
                f"{label}: the image was turned by {brief(one['image_rotation'])} degrees in Label "
                "Studio; turn it back there"
            )
        shape = {name: one[name] for name in (*_GEOMETRY, *_OTHER_GEOMETRY) if name in one}
        if shape:
            key = str(one.get("id") or shape)
            regions[key] = {**one, **regions.get(key, {})}
    return list(regions.values())


def region_targets(region: Record, shape: Shape, left_out: LeftOut) -> list[Target]:
    """The targets of a region: its point, centre or centroid.

    Args:
        region: an item of :func:`regions_of`.
        shape: (height, width) of the image.
        left_out: counts regions that give no target.

    Raises:
        ValueError: if a field is missing or not a finite number, or if a mask is damaged.
    """
    height, width = shape
    scale = np.array([width, height]) / 100
    if "rle" in region:
        targets = mask(_brush(region, shape))
        if not targets:
            left_out["empty masks"] += 1
        return targets
    if "points" in region:
        return [polygon([_vertices(region["points"]) * scale])]
    if any(name in region for name in _OTHER_GEOMETRY):
        left_out[f"regions of the type '{brief(region.get('type', 'unknown'))}'"] += 1
        return []
    x, y = _fields(region, "x", "y") * scale
    if "radiusX" in region:
        radius_x, radius_y = _fields(region, "radiusX", "radiusY") * scale
        return [ellipse(float(x), float(y), float(radius_x), float(radius_y), _turn(region))]
    if _is_keypoint(region):
        return [click(float(x), float(y))]
    across, down = _fields(region, "width", "height") * scale
    # A box turns about its top-left corner.
    turn = math.radians(_turn(region))
    x += (across * math.cos(turn) - down * math.sin(turn)) / 2
    y += (across * math.sin(turn) + down * math.cos(turn)) / 2
    return [
        box(
            *(float(x - across / 2), float(y - down / 2)),
            *(float(x + across / 2), float(y + down / 2)),
            rotation=_turn(region),
        )
    ]


def _is_keypoint(region: Record) -> bool:
    # The width of a keypoint is that of its dot.
    named = "keypointlabels" in region or str(region.get("type", "")).startswith("keypoint")
    return named or "height" not in region


def _fields(region: Record, *names: str) -> Vertices:
    values = [finite(region.get(name)) for name in names]
    if None in values:
        raise ValueError(f"{' or '.join(names)} is not a finite number")
    return np.array(values, float)


def _turn(region: Record) -> float:
    return float(_fields({"rotation": 0} | region, "rotation")[0])


def _vertices(points: object) -> Vertices:
    if not isinstance(points, list) or not points:
        raise ValueError("no points")
    return np.array([numbers(point, 2) for point in points])


def _brush(region: Record, shape: Shape) -> Any:
    try:
        return label_studio_mask(region["rle"], *shape)
    except ValueError as error:
        raise ValueError(f"its brush mask is damaged ({error})") from error
