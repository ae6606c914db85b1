"""COCO: keypoints, segments and boxes, as irpoint, CVAT, Label Studio and others write them.

An annotation gives

* a target at each keypoint that is visible, if it has keypoints;
* else a target at the centroid of its segment;
* else a target at the centre of its box.

SPIRE's variant, with one annotation per image, is the same with many keypoints per annotation. A
target of an annotation of its own may have a track number, ``track`` or ``track_id``, also among
the ``attributes`` that CVAT writes.

Boxes and polygons count from the outer corner of the top-left pixel, masks are pixels. Keypoints
count from the centre of that pixel in irpoint's and SPIRE's files, and if all of a file are whole
numbers, because COCO numbers pixels from 0. CVAT's, and fractions of other tools, count from the
corner.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from irpoint.datasets.coco_annotations import annotation_targets
from irpoint.datasets.entries import Entry, LeftOut, Shape, open_entries, tool_images
from irpoint.datasets.label_files import brief, finite, json_files, read_json
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.shapes import Target
from irpoint.datasets.track_numbers import on_track, stated_track
from irpoint.errors import DatasetError, IrpointWarning
from irpoint.sinks.coco import CocoRecord

ANNOTATIONS = Path("annotations") / "annotations.json"

# The first word of a file's name is the kind of its labels, the rest names the subset. If a subset
# has several kinds, the first of these is read.
_KINDS = ("person_keypoints", "instances")
_OTHER_KINDS = ("captions", "image_info", "labels", "panoptic", "stuff")


def open_coco(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder with COCO files; None if ``root`` has none.

    That is ``annotations/annotations.json`` or, if there is no such file, every COCO file in
    ``annotations/``, in ``root``, in ``labels/`` or in any subfolder, the first of these that has
    any. Several files are several splits: ``instances_train.json`` and ``train.json`` are the split
    ``train``.
    """
    files = _files(root)
    if not files:
        return None
    images = tool_images(root)
    entries = [entry for path, subset in files for entry in _entries(path, subset, root)]
    return open_entries(root, images, entries)


def coco_json(frames: Iterable[tuple[str, LabelledFrame]]) -> str:
    """Labelled frames as COCO keypoints, one annotation per target, with ``track`` if it has one.

    Args:
        frames: each with its file name under ``images/``.
    """
    record = CocoRecord(side=1.0)
    for file_name, frame in frames:
        height, width = frame.shape
        record.add_image(file_name=file_name, width=width, height=height)
        xy = frame.points.xy.tolist()
        for (x, y), track in zip(xy, frame.tracks or (None,) * len(xy), strict=True):
            record.add_point(x, y, **({} if track is None else {"track": track}))
    return record.text(description="Point targets; pixel centres at integers", version="1.0")


def coco_files(root: Path) -> list[Path]:
    """The COCO files of a dataset folder."""
    if (root / ANNOTATIONS).is_file():
        return [root / ANNOTATIONS]
    found = json_files([root / "annotations", root, root / "labels"], "coco")
    folders = sorted(path for path in root.glob("*/") if not path.name.startswith("."))
    return found or [path for folder in folders for path in json_files([folder], "coco")]


def _files(root: Path) -> list[tuple[Path, str]]:
    """The files to read, each with the subset that its name states."""
    subsets: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in coco_files(root):
        kind, subset = _kind_and_subset(path, root)
        if kind not in _OTHER_KINDS:
            subsets[subset][kind] = path
    files = []
    for subset, kinds in subsets.items():
        first = next((kind for kind in _KINDS if kind in kinds), next(iter(kinds)))
        # The name of the only file says nothing, unless it is one of COCO's.
        files.append((kinds[first], subset if first or len(subsets) > 1 else ""))
        others = [path.name for kind, path in kinds.items() if kind != first]
        if others:
            warnings.warn(
                f"{kinds[first]}: read instead of {', '.join(others)} of the same images",
                IrpointWarning,
                stacklevel=3,
            )
    return files


def _kind_and_subset(path: Path, root: Path) -> tuple[str, str]:
    for kind in (*_KINDS, *_OTHER_KINDS):
        if path.stem.startswith(f"{kind}_"):
            return kind, path.stem.removeprefix(f"{kind}_")
    # A file in a folder of its own, as of Roboflow, belongs to the images of that folder.
    if path.parent not in (root, root / "annotations", root / "labels"):
        return "", path.parent.name
    return "", path.stem


def _entries(path: Path, subset: str, root: Path) -> Iterator[Entry]:
    content = _read(path)
    annotations = _by_image(content, path)
    whole = _keypoints_are_pixel_numbers(content, path, root)
    for image in content["images"]:
        stated = [finite(image.get(side)) for side in ("width", "height")]
        width, height = stated
        yield Entry(
            image=str(image.get("file_name", image["id"])),
            source=path,
            targets=_targets(annotations[str(image["id"])], path, whole),
            size=(width, height) if width and height else None,
            subset=subset,
        )


def _targets(
    annotations: list[tuple[str, dict[str, Any]]], path: Path, whole: bool
) -> Callable[[Shape, LeftOut], list[Target]]:
    def targets(shape: Shape, left_out: LeftOut) -> list[Target]:
        found: list[Target] = []
        for name, annotation in annotations:
            try:
                its_targets = annotation_targets(annotation, shape, left_out, whole)
            except ValueError as error:
                raise DatasetError(f"{path}: annotation {name}: {error}; fix it") from error
            found += on_track(its_targets, stated_track(annotation))
        return found

    return targets


def _read(path: Path) -> dict[str, Any]:
    content = read_json(path)
    for field in ("images", "annotations"):
        entries = content.get(field) if isinstance(content, dict) else None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise DatasetError(f"{path}: no list '{field}' of entries; give a COCO file")
    ids = [str(entry.get("id")) for entry in content["images"] if entry.get("id") is not None]
    if len(ids) < len(content["images"]) or len(set(ids)) < len(ids):
        raise DatasetError(
            f"{path}: an image has no id, or the id of another image; give each a unique id"
        )
    checked: dict[str, Any] = content
    if ids and not checked["annotations"] and _is_from_cvat(checked):
        warnings.warn(
            f"{path}: no annotations; CVAT leaves points out of COCO files, so export them as "
            "'CVAT for images 1.1'",
            IrpointWarning,
            stacklevel=3,
        )
    return checked


def _by_image(content: dict[str, Any], path: Path) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """The annotations of each image, each with its id or number."""
    annotations: dict[str, list[tuple[str, dict[str, Any]]]] = {
        str(image["id"]): [] for image in content["images"]
    }
    for number, annotation in enumerate(content["annotations"], 1):
        image_id = str(annotation.get("image_id"))
        name = brief(annotation.get("id", number))
        if image_id not in annotations:
            raise DatasetError(
                f"{path}: annotation {name} belongs to image {brief(image_id)}, which is not "
                "listed; add the image"
            )
        annotations[image_id].append((name, annotation))
    return annotations


def _keypoints_are_pixel_numbers(content: dict[str, Any], path: Path, root: Path) -> bool:
    """Whether keypoints count from the centre of the top-left pixel, not from its corner."""
    info = content.get("info")
    description = str(info.get("description", "")) if isinstance(info, dict) else ""
    if "pixel centres at integers" in description:
        return True
    if _is_from_cvat(content):
        return False
    if path == root / ANNOTATIONS:
        return True
    keypoints = [annotation.get("keypoints") for annotation in content["annotations"]]
    values = [value for one in keypoints if isinstance(one, list) for value in one]
    return all(isinstance(value, int | float) and value == value // 1 for value in values)


def _is_from_cvat(content: dict[str, Any]) -> bool:
    """CVAT writes one empty licence, and attributes of its own in each annotation."""
    if content.get("licenses") == [{"name": "", "id": 0, "url": ""}]:
        return True
    attributes = [annotation.get("attributes") for annotation in content["annotations"]]
    return any(isinstance(one, dict) and "occluded" in one for one in attributes)
