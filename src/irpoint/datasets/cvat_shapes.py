"""The targets of one shape in CVAT's XML."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree

import numpy as np

from irpoint.datasets.entries import LeftOut, Shape
from irpoint.datasets.label_files import brief
from irpoint.datasets.rle import cvat_mask
from irpoint.datasets.shapes import Target, Vertices, box, click, ellipse, line, mask, polygon
from irpoint.datasets.track_numbers import on_track, stated_track
from irpoint.errors import DatasetError

Element = ElementTree.Element

SHAPES = ("points", "box", "ellipse", "polygon", "polyline", "mask", "skeleton", "cuboid")


def shape_targets(
    element: Element, shape: Shape, left_out: LeftOut, label: str, track: int | None = None
) -> list[Target]:
    """The targets of a shape, none if it is ``outside``.

    Args:
        element: an element of one of :data:`SHAPES`.
        shape: (height, width) of the image.
        left_out: counts shapes that give no target.
        label: file and image, for error messages.
        track: number of its track; by default that of its attribute.

    Raises:
        DatasetError: if a coordinate is missing or not a finite number, or if a mask is damaged.
    """
    targets = _targets(element, shape, left_out, label)
    return on_track(targets, _stated(element) if track is None else track)


def _stated(element: Element) -> int | None:
    """The track number in the attributes of a shape."""
    found = {one.get("name", ""): one.text or "" for one in element.findall("attribute")}
    return stated_track(found)


def _targets(element: Element, shape: Shape, left_out: LeftOut, label: str) -> list[Target]:
    if element.get("outside") == "1":
        return []
    try:
        if element.tag == "skeleton":
            points = [target for part in element.findall("points") for target in _points(part)]
            if not points:
                left_out["skeletons without a visible point"] += 1
            return points
        if element.tag == "points":
            return _points(element)
        if element.tag == "box":
            corners = _numbers(element, "xtl", "ytl", "xbr", "ybr")
            return [box(*corners, rotation=_rotation(element))]
        if element.tag == "ellipse":
            return [ellipse(*_numbers(element, "cx", "cy", "rx", "ry"), _rotation(element))]
        if element.tag == "polygon":
            return [polygon([_vertices(element)])]
        if element.tag == "polyline":
            return [line(_vertices(element))]
        if element.tag == "mask":
            return _mask(element, shape, left_out)
    except ValueError as error:
        raise DatasetError(f"{label}: <{element.tag}>: {error}; correct it") from error
    left_out[f"{element.tag}s"] += 1
    return []


def _points(element: Element) -> list[Target]:
    if element.get("outside") == "1":
        return []
    return [click(x, y) for x, y in _vertices(element).tolist()]


def _vertices(element: Element) -> Vertices:
    text = element.get("points", "")
    pairs = [pair.split(",") for pair in text.split(";") if pair.strip()]
    try:
        values = np.array([[float(part) for part in pair] for pair in pairs])
    except ValueError as error:
        raise ValueError(f"points '{brief(text)}' is not x,y;x,y;…") from error
    if values.ndim != 2 or values.shape[1] != 2 or not np.isfinite(values).all():
        raise ValueError(f"points '{brief(text)}' is not x,y;x,y;… in finite numbers")
    return values


def _numbers(element: Element, *names: str) -> tuple[float, float, float, float]:
    a, b, c, d = (_number(element, name) for name in names)
    return a, b, c, d


def _number(element: Element, name: str, default: str = "") -> float:
    text = element.get(name, default)
    try:
        number = float(text)
    except ValueError as error:
        raise ValueError(f"{name} '{brief(text)}' is not a number") from error
    if not math.isfinite(number):
        raise ValueError(f"{name} '{brief(text)}' is not finite")
    return number


def _rotation(element: Element) -> float:
    return _number(element, "rotation", "0")


def _mask(element: Element, shape: Shape, left_out: LeftOut) -> list[Target]:
    left, top, width, height = (
        int(number) for number in _numbers(element, "left", "top", "width", "height")
    )
    if not (0 <= left < left + width <= shape[1] and 0 <= top < top + height <= shape[0]):
        raise ValueError(f"{width}x{height} at ({left}, {top}) is not inside the image")
    try:
        pixels = cvat_mask(element.get("rle", ""), height, width)
    except ValueError as error:
        raise ValueError(f"rle is damaged ({error})") from error
    targets = mask(pixels, left, top)
    if not targets:
        left_out["empty masks"] += 1
    return targets
