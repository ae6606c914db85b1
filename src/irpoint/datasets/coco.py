"""COCO keypoints: irpoint's (one annotation per target) and SPIRE's variant (one per image)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from irpoint.datasets.images import Images, without_suffix
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError
from irpoint.sinks.coco import CocoRecord, read_keypoints

ANNOTATIONS = Path("annotations") / "annotations.json"


def open_coco(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder with ``annotations/annotations.json``; None if ``root`` has none.

    Every keypoint (x, y, v) with v > 0 of every annotation of an image is a target, in both
    variants. Coordinates count from the centre of the top-left pixel, as in irpoint.
    """
    path = root / ANNOTATIONS
    if not path.is_file():
        return None
    content = _read_json(path)
    images = Images(root / "images" if (root / "images").is_dir() else root)
    points = _points_by_image(content, path)
    names: list[str] = []
    records: dict[Path, dict[str, Any]] = {}
    for entry in content["images"]:
        file_name = str(entry.get("file_name", entry["id"]))
        image = images.get(file_name)
        if image is None:
            names.append(without_suffix(file_name))
            continue
        if image in records:
            raise DatasetError(f"{path}: two entries for the image '{file_name}'; merge them")
        names.append(images.name_of(image))
        records[image] = entry

    def read(wanted: Sequence[str]) -> list[LabelledFrame]:
        frames = []
        for name in wanted:
            image = images.find(name)
            if image not in records:
                raise DatasetError(f"{path}: no entry for the image '{name}'; add it to 'images'")
            shape = _checked_shape(image, records[image], path)
            xy = points[str(records[image]["id"])]
            frames.append(labelled_frame(name, image, shape, xy, str(path), root.name))
        return frames

    return OpenedLayout(
        root, tuple(names), split_lists(root), images.find, read, one_label_file=True
    )


def coco_json(frames: Iterable[tuple[str, LabelledFrame]]) -> str:
    """Labelled frames as COCO keypoints, one annotation per target.

    Args:
        frames: each with its file name under ``images/``.
    """
    record = CocoRecord(side=1.0)
    for file_name, frame in frames:
        height, width = frame.shape
        record.add_image(file_name=file_name, width=width, height=height)
        for x, y in frame.points.xy.tolist():
            record.add_point(x, y)
    return record.text(description="Point targets; pixel centres at integers", version="1.0")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path}, line {error.lineno}: not JSON ({error.msg})") from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise DatasetError(f"{path}: cannot be read as JSON ({error})") from error
    for field in ("images", "annotations"):
        entries = content.get(field) if isinstance(content, dict) else None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise DatasetError(f"{path}: no list '{field}' of entries; give a COCO keypoint file")
    ids = [str(entry.get("id")) for entry in content["images"] if entry.get("id") is not None]
    if len(ids) < len(content["images"]) or len(set(ids)) < len(ids):
        raise DatasetError(
            f"{path}: an image has no id, or the id of another image; give each a unique id"
        )
    checked: dict[str, Any] = content
    return checked


def _points_by_image(content: dict[str, Any], path: Path) -> dict[str, list[tuple[float, float]]]:
    points: dict[str, list[tuple[float, float]]] = {str(e["id"]): [] for e in content["images"]}
    for number, annotation in enumerate(content["annotations"], 1):
        image_id = str(annotation.get("image_id"))
        label = f"{path}: annotation {annotation.get('id', number)}"
        if image_id not in points:
            raise DatasetError(
                f"{label} belongs to image {image_id}, which is not listed; add the image"
            )
        try:
            keypoints = read_keypoints(annotation.get("keypoints"))
        except ValueError as error:
            raise DatasetError(f"{label}: 'keypoints' is {error}; fix it") from error
        points[image_id] += [(float(x), float(y)) for x, y, visible in keypoints if visible > 0]
    return points


def _checked_shape(image: Path, entry: dict[str, Any], path: Path) -> tuple[int, int]:
    height, width = image_shape(image)
    stated = (entry.get("height", height), entry.get("width", width))
    if stated != (height, width):
        raise DatasetError(
            f"{path}: {image.name} is stated as {stated[1]}x{stated[0]} but is {width}x{height}; "
            "give the image that was annotated"
        )
    return height, width
