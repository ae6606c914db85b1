"""Label Studio's exports "JSON" and "JSON-MIN".

Positions are per cent of the image from its outer corner. irpoint counts pixels from the centre of
the top-left one, so half a pixel is subtracted: 50 % of 21 pixels is the centre of the pixel 10.

Of several annotations of a task, the ground truth counts, else the one that was updated last.
Cancelled annotations, drafts and predictions do not count.
"""

from __future__ import annotations

import re
import urllib.parse
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from irpoint.datasets.entries import Entry, LeftOut, Shape, open_entries, tool_images
from irpoint.datasets.images import without_suffix
from irpoint.datasets.label_files import brief, finite, json_files, read_json
from irpoint.datasets.label_studio_regions import region_targets, regions_of
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.shapes import Target
from irpoint.errors import DatasetError, IrpointWarning

Record = dict[str, Any]

# What Label Studio puts in front of the name of an uploaded file.
_UPLOAD = re.compile(r"^[0-9a-f]{8}-")


def open_label_studio(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder with exports of Label Studio; None if ``root`` has none.

    They lie in ``root``, ``annotations/`` or ``labels/``.

    A task that was annotated without a region is a frame without targets. A task without an
    annotation is not part of the dataset.
    """
    files = label_studio_files(root)
    if not files:
        return None
    images = tool_images(root)
    return open_entries(root, images, [entry for path in files for entry in _entries(path)])


def label_studio_files(root: Path) -> list[Path]:
    """The exports of Label Studio in a dataset folder."""
    return json_files([root, root / "annotations", root / "labels"], "label-studio")


def _entries(path: Path) -> Iterator[Entry]:
    content = read_json(path)
    if not isinstance(content, list) or not all(isinstance(task, dict) for task in content):
        raise DatasetError(f"{path}: not a list of tasks; export 'JSON' from Label Studio")
    unlabelled = several = 0
    for number, versions in _tasks(content, path):
        task, annotation = versions[0] if versions else ({}, {})
        if not versions:
            unlabelled += 1
            continue
        several += len(versions) > 1
        label = f"{path}: task {brief(number)}"
        regions = regions_of(annotation, label)
        stated, names = _image(task, label)
        width, height = (_side(regions, side) for side in ("original_width", "original_height"))
        yield Entry(
            image=stated,
            source=path,
            targets=_targets(regions, label),
            size=(width, height) if width and height else None,
            names=names,
        )
    for count, text in (
        (unlabelled, "tasks are not annotated, so they are not part of the dataset"),
        (several, "tasks have several annotations; the ground truth or else the newest is read"),
    ):
        if count:
            warnings.warn(f"{path}: {count} {text}", IrpointWarning, stacklevel=3)


def _tasks(content: list[Record], path: Path) -> Iterator[tuple[str, list[tuple[Record, Record]]]]:
    """The number of each task, and its data with each annotation, the one to read first.

    In JSON-MIN, data and regions are one record, and each annotation repeats the task.
    """
    short: dict[str, list[tuple[Record, Record]]] = {}
    for position, task in enumerate(content):
        number = str(task.get("id", position))
        annotations = task.get("annotations", task.get("completions"))
        if annotations is None:
            short.setdefault(number, []).append((task, task))
            continue
        data = task.get("data")
        if not isinstance(data, dict) or not isinstance(annotations, list):
            raise DatasetError(
                f"{path}: task {brief(number)} has no 'data' or no list 'annotations'"
            )
        known = [a for a in annotations if isinstance(a, dict) and not _is_cancelled(a)]
        data = data | {"file_upload": task.get("file_upload")}
        yield number, [(data, a) for a in sorted(known, key=_rank, reverse=True)]
    for number, versions in short.items():
        yield number, sorted(versions, key=lambda version: _rank(version[1]), reverse=True)


def _is_cancelled(annotation: Record) -> bool:
    return bool(annotation.get("was_cancelled") or annotation.get("skipped"))


def _rank(annotation: Record) -> tuple[bool, str, float]:
    time = str(annotation.get("updated_at") or annotation.get("created_at") or "")
    number = finite(annotation.get("annotation_id", annotation.get("id"))) or 0.0
    return bool(annotation.get("ground_truth")), time, number


def _image(task: Record, label: str) -> tuple[str, tuple[str, ...]]:
    """The path of the image of a task, and other names that its file may have."""
    texts = [value for value in task.values() if isinstance(value, str)]
    paths = [path for path in map(_path, texts) if without_suffix(path) != path]
    if not paths:
        raise DatasetError(f"{label}: no image in its data; irpoint reads tasks of one image")
    names = []
    for path in paths:
        folder, slash, name = path.rpartition("/")
        names += [path, folder + slash + _UPLOAD.sub("", name)]
    return paths[0], tuple(dict.fromkeys(names))


def _path(text: str) -> str:
    """The path in an address: ``/data/upload/1/0a1b2c3d-a.png``, ``/data/local-files/?d=a.png``."""
    try:
        address = urllib.parse.urlsplit(text)
        query = urllib.parse.parse_qs(address.query)
    except ValueError:
        return text
    path = query["d"][0] if "d" in query else urllib.parse.unquote(address.path)
    # A path of Windows looks like an address with the scheme "c".
    return text if len(address.scheme) == 1 else path


def _side(regions: list[Record], side: str) -> float | None:
    return next((finite(region[side]) for region in regions if region.get(side)), None)


def _targets(regions: list[Record], label: str) -> Callable[[Shape, LeftOut], list[Target]]:
    def targets(shape: Shape, left_out: LeftOut) -> list[Target]:
        found: list[Target] = []
        for region in regions:
            try:
                found += region_targets(region, shape, left_out)
            except ValueError as error:
                raise DatasetError(f"{label}: a region of it: {error}; correct it") from error
        return found

    return targets
