"""VGG Image Annotator (VIA): its project file, or its annotations as JSON.

VIA rounds positions that count from the outer corner of the top-left pixel to whole numbers.
irpoint counts from the centre of that pixel, so half a pixel is subtracted; a click in the pixel 10
is written as 10 or 11 and read as 9.5 or 10.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from irpoint.datasets.entries import Entry, LeftOut, Shape, open_entries, tool_images
from irpoint.datasets.label_files import brief, finite, json_files, numbers, read_json
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.shapes import Target, Vertices, box, click, ellipse, line, polygon
from irpoint.errors import DatasetError

Record = dict[str, Any]


def open_via(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder with JSON files of VIA 1 or 2; None if ``root`` has none.

    A target is each point, the centre of a rectangle, circle or ellipse, the centroid of a polygon
    or polyline. An image without regions is a frame without targets.
    """
    files = via_files(root)
    if not files:
        return None
    images = tool_images(root)
    return open_entries(root, images, [entry for path in files for entry in _entries(path)])


def via_files(root: Path) -> list[Path]:
    """The JSON files of VIA in a dataset folder."""
    return json_files([root, root / "annotations", root / "labels"], "via")


def _entries(path: Path) -> Iterator[Entry]:
    content = read_json(path)
    listed = content.get("_via_img_metadata", content) if isinstance(content, dict) else None
    if not isinstance(listed, dict) or not all(isinstance(one, dict) for one in listed.values()):
        raise DatasetError(
            f"{path}: no images with regions; export the annotations from VIA as JSON"
        )
    for key, image in listed.items():
        name = str(image.get("filename") or key)
        regions = image.get("regions", [])
        # In VIA 1, the regions are numbered.
        regions = list(regions.values()) if isinstance(regions, dict) else regions
        if not isinstance(regions, list) or not all(isinstance(one, dict) for one in regions):
            raise DatasetError(
                f"{path}: image '{brief(name)}': 'regions' is not a list; correct it"
            )
        yield Entry(
            image=name, source=path, targets=_targets(regions, f"{path}: image '{brief(name)}'")
        )


def _targets(regions: list[Record], label: str) -> Callable[[Shape, LeftOut], list[Target]]:
    def targets(shape: Shape, left_out: LeftOut) -> list[Target]:
        found: list[Target] = []
        for number, region in enumerate(regions, 1):
            try:
                found += _region(region.get("shape_attributes"), left_out)
            except ValueError as error:
                raise DatasetError(f"{label}, region {number}: {error}; correct it") from error
        return found

    return targets


def _region(shape: object, left_out: LeftOut) -> list[Target]:
    if not isinstance(shape, dict):
        raise ValueError("no 'shape_attributes'")
    kind = shape.get("name")
    if kind == "point":
        return [click(*_fields(shape, "cx", "cy"))]
    if kind == "rect":
        left, top, width, height = _fields(shape, "x", "y", "width", "height")
        return [box(left, top, left + width, top + height)]
    if kind == "circle":
        x, y, radius = _fields(shape, "cx", "cy", "r")
        return [ellipse(x, y, radius, radius)]
    if kind == "ellipse":
        x, y, radius_x, radius_y, turn = _fields(
            {"theta": 0} | shape, "cx", "cy", "rx", "ry", "theta"
        )
        return [ellipse(x, y, radius_x, radius_y, math.degrees(turn))]
    if kind == "polygon":
        return [polygon([_vertices(shape)])]
    if kind == "polyline":
        return [line(_vertices(shape))]
    left_out[f"regions of the kind '{brief(kind)}'"] += 1
    return []


def _fields(shape: Record, *names: str) -> list[float]:
    values = [finite(shape.get(name)) for name in names]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        raise ValueError(f"{', '.join(names)} are not all finite numbers")
    return known


def _vertices(shape: Record) -> Vertices:
    x, y = numbers(shape.get("all_points_x")), numbers(shape.get("all_points_y"))
    if not x or len(x) != len(y):
        raise ValueError("all_points_x and all_points_y do not make a polygon")
    return np.column_stack([x, y])
