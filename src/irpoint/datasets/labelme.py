"""LabelMe: a JSON file per image, with its shapes.

LabelMe counts from the outer corner of the top-left pixel: the centre of the pixel (10, 10) is
(10.5, 10.5). irpoint counts from the centre of that pixel, so half a pixel is subtracted. Masks are
pixels.

A target is each ``point``, the centre of a ``rectangle`` or a ``circle``, the centroid of a
``polygon``, a ``line``, a ``linestrip`` or a ``mask``. X-AnyLabeling writes the same files.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from irpoint.datasets.entries import Entry, LeftOut, Shape, open_entries
from irpoint.datasets.images import Images, without_suffix
from irpoint.datasets.label_files import brief, finite, json_kind, numbers, read_json, visible_files
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.shapes import Target, Vertices, click, ellipse, line, mask, polygon
from irpoint.errors import DatasetError

_AREAS = ("polygon", "rectangle", "oriented_rectangle", "rotation", "quadrilateral")
_LINES = ("line", "linestrip")


def open_labelme(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder with JSON files of LabelMe, anywhere below ``root``; None if it has none.

    An image without a JSON file is not part of the dataset; a file without shapes is a frame
    without targets. A picture that a JSON file embeds is not used, because LabelMe reduces it to 8
    bits.
    """
    files = labelme_files(root)
    if not files:
        return None
    try:
        images = Images(root)
    except DatasetError as error:
        raise DatasetError(
            f"{root}: LabelMe's labels but no images; copy the images beside their JSON files"
        ) from error
    return open_entries(root, images, [_entry(path, root) for path in files])


def labelme_files(root: Path) -> list[Path]:
    """The JSON files of LabelMe in a dataset folder."""
    return [path for path in visible_files(root, "**/*.json") if json_kind(path) == "labelme"]


def _entry(path: Path, root: Path) -> Entry:
    content = read_json(path)
    shapes = content.get("shapes") if isinstance(content, dict) else None
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise DatasetError(f"{path}: no list 'shapes'; give a JSON file of LabelMe")
    stated = str(content.get("imagePath") or path.with_suffix("").name).replace("\\", "/")
    folder = path.parent.relative_to(root)
    width, height = finite(content.get("imageWidth")), finite(content.get("imageHeight"))
    return Entry(
        image=_inside(folder, stated),
        source=path,
        targets=_targets(shapes, path),
        size=(width, height) if width and height else None,
        # The image may have been renamed together with its JSON file.
        names=((folder / without_suffix(path.stem)).as_posix(), stated),
    )


def _inside(folder: Path, stated: str) -> str:
    """The path of an image in the dataset, stated from the folder of its JSON file."""
    parts = list(folder.parts)
    for part in stated.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in ("", ".", ".."):
            parts.append(part)
    return "/".join(parts)


def _targets(shapes: list[dict[str, Any]], path: Path) -> Callable[[Shape, LeftOut], list[Target]]:
    def targets(shape: Shape, left_out: LeftOut) -> list[Target]:
        found: list[Target] = []
        for number, one in enumerate(shapes, 1):
            try:
                found += _shape_targets(one, shape, left_out)
            except ValueError as error:
                raise DatasetError(
                    f"{path}: shape {number} ({brief(one.get('label'))}): {error}; correct it"
                ) from error
        return found

    return targets


def _shape_targets(one: dict[str, Any], shape: Shape, left_out: LeftOut) -> list[Target]:
    # Old versions have polygons only and do not name them.
    kind = one.get("shape_type") or "polygon"
    vertices = _vertices(one.get("points"))
    if kind in ("point", "points"):
        return [click(x, y) for x, y in vertices.tolist()]
    if kind == "rectangle":
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        return [polygon([np.array([low, (high[0], low[1]), high, (low[0], high[1])])])]
    if kind in _AREAS:
        return [polygon([vertices])]
    if kind in _LINES:
        return [line(vertices)]
    if kind == "circle" and len(vertices) == 2:
        (x, y), edge = vertices.tolist()
        radius = math.dist((x, y), edge)
        return [ellipse(x, y, radius, radius)]
    if kind == "mask":
        return _mask(one, vertices, shape, left_out)
    left_out[f"shapes of the kind '{brief(kind)}'"] += 1
    return []


def _vertices(points: object) -> Vertices:
    if not isinstance(points, list) or not points:
        raise ValueError("no points")
    return np.array([numbers(point, 2) for point in points])


def _mask(one: dict[str, Any], corners: Vertices, shape: Shape, left_out: LeftOut) -> list[Target]:
    """The mask is a PNG of the pixels from the first corner on."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(str(one.get("mask")), validate=True))) as image:
            if image.width > shape[1] or image.height > shape[0]:
                raise ValueError(f"{image.width}x{image.height}, larger than the image")
            pixels = np.asarray(image.convert("L"))
    except (OSError, SyntaxError, ValueError, binascii.Error) as error:
        raise ValueError(f"its mask is damaged ({error})") from error
    left, top = np.rint(corners[0]).astype(int).tolist()
    targets = mask(pixels, left, top)
    if not targets:
        left_out["empty masks"] += 1
    return targets
