"""FiftyOne: datasets exported as ``fiftyone.types.FiftyOneDataset``.

The folder has ``metadata.json`` and ``samples.json``, a list of samples with the path and the
label fields of an image each. Coordinates are fractions of the frame from its outer corner.
irpoint counts from the centre of the top-left pixel, so half a pixel is subtracted. The ``index``
of a label is the number of its track.

Written is the form without a version number, which states no more than the fields and the samples.
Every FiftyOne since 0.8 reads it and makes the ids of samples and labels itself.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from irpoint.datasets.entries import Entry, LeftOut, Shape, open_entries, tool_images
from irpoint.datasets.images import Images
from irpoint.datasets.label_files import brief, finite, json_files, numbers, read_json
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import ROOT_LISTS
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.shapes import Target, Vertices, box, click, line, polygon
from irpoint.datasets.track_numbers import on_track, track_number
from irpoint.errors import DatasetError, IrpointWarning

FIELD = "ground_truth"
"""The field of the labels, as in FiftyOne's own datasets."""

_LISTS = {"Keypoints": "keypoints", "Detections": "detections", "Polylines": "polylines"}
"""The lists of labels with a place: the name of the class, and of its list."""
_SHOWN = (".png", ".jpg", ".jpeg", ".webp", ".bmp")  # in a browser, and so in FiftyOne's app
_TYPES = {
    "filepath": "StringField",
    "tags": "ListField(fiftyone.core.fields.StringField)",
    "metadata": "EmbeddedDocumentField(fiftyone.core.metadata.ImageMetadata)",
    FIELD: "EmbeddedDocumentField(fiftyone.core.labels.Keypoints)",
}

Sample = dict[str, Any]


def open_fiftyone(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder that FiftyOne has exported; None if ``root`` has no ``samples.json``.

    The labels are the field ``ground_truth`` or, if no sample has it, the only field with labels
    that have a place. A target is each keypoint, the centre of each detection, and the centroid of
    each polyline. A sample with an empty list is a frame without targets; one without the field is
    not part of the dataset. The tags ``train``, ``val``, ``validation`` and ``test`` of samples are
    splits.

    Raises:
        DatasetError: if it is not clear which field to read, or if a sample is wrong.
    """
    files = fiftyone_files(root)
    if not files:
        return None
    samples = [(sample, path) for path in files for sample in _samples(path)]
    field = _label_field([sample for sample, _ in samples], files[0])
    images = Images(root / "data") if (root / "data").is_dir() else tool_images(root)
    entries = (
        _entry(sample, field, path) for sample, path in samples if _is_label(sample.get(field))
    )
    return open_entries(root, images, entries)


def fiftyone_files(root: Path) -> list[Path]:
    """The JSON files of samples in a dataset folder."""
    return json_files([root], "fiftyone")


def fiftyone_texts(
    frames: Sequence[tuple[str, LabelledFrame]], lists: Mapping[str, Sequence[str]]
) -> dict[Path, str]:
    """``metadata.json`` and ``samples.json``, with one keypoint per target.

    Args:
        frames: each with its file name under ``images/``.
        lists: the file names in each split list; the lists of an image are its tags.

    Warns:
        IrpointWarning: if FiftyOne's app cannot show some of the images.
    """
    hidden = [name for name, _ in frames if Path(name).suffix.lower() not in _SHOWN]
    if hidden:
        warnings.warn(
            f"{len(hidden)} images, such as {hidden[0]}, are of a kind that FiftyOne's app does "
            "not show; convert a copy of the dataset with PNG files",
            IrpointWarning,
            stacklevel=3,
        )
    tags: dict[str, list[str]] = {}
    for name, members in lists.items():
        for member in members:
            tags.setdefault(member, []).append(name)
    samples = [_sample(name, frame, tags.get(name, [])) for name, frame in frames]
    fields = {name: f"fiftyone.core.fields.{kind}" for name, kind in _TYPES.items()}
    metadata = {"media_type": "image", "sample_fields": fields, "info": {}}
    return {
        Path("metadata.json"): json.dumps(metadata, indent=1) + "\n",
        Path("samples.json"): json.dumps({"samples": samples}, indent=1) + "\n",
    }


def _sample(file_name: str, frame: LabelledFrame, tags: list[str]) -> Sample:
    height, width = frame.shape
    xy = frame.points.xy.tolist()
    keypoints = [
        {
            "_cls": "Keypoint",
            "label": "target",
            "points": [[(x + 0.5) / width, (y + 0.5) / height]],
            **({} if track is None else {"index": track}),
        }
        for (x, y), track in zip(xy, frame.tracks or (None,) * len(xy), strict=True)
    ]
    return {
        "filepath": f"images/{file_name}",
        "tags": tags,
        "metadata": {"_cls": "ImageMetadata", "width": width, "height": height},
        FIELD: {"_cls": "Keypoints", "keypoints": keypoints},
    }


def _samples(path: Path) -> list[Sample]:
    content = read_json(path)
    samples = content.get("samples") if isinstance(content, dict) else None
    if not isinstance(samples, list) or not all(isinstance(sample, dict) for sample in samples):
        raise DatasetError(f"{path}: no list 'samples'; export the dataset as FiftyOneDataset")
    return samples


def _label_field(samples: Sequence[Sample], path: Path) -> str:
    """The field to read."""
    found = {name for sample in samples for name, value in sample.items() if _is_label(value)}
    if FIELD in found or len(found) == 1:
        return FIELD if FIELD in found else found.pop()
    if not found:
        raise DatasetError(
            f"{path}: no sample has keypoints, detections or polylines; export a dataset of images "
            "with such labels"
        )
    raise DatasetError(
        f"{path}: several fields have labels: {', '.join(sorted(found))}; rename the one to read "
        f"with dataset.rename_sample_field(name, '{FIELD}') and export again"
    )


def _is_label(value: object) -> bool:
    return isinstance(value, dict) and str(value.get("_cls")) in _LISTS


def _entry(sample: Sample, field: str, path: Path) -> Entry:
    name = str(sample.get("filepath", "")).replace("\\", "/")
    labels = sample[field].get(_LISTS[sample[field]["_cls"]]) or []
    label = f"{path}: sample '{brief(name)}'"
    if not name or not isinstance(labels, list) or not all(isinstance(o, dict) for o in labels):
        raise DatasetError(f"{label}: no path, or '{field}' has no list of labels; export it again")
    metadata, tags = sample.get("metadata"), sample.get("tags")
    sides = metadata if isinstance(metadata, dict) else {}
    width, height = finite(sides.get("width")), finite(sides.get("height"))
    return Entry(
        image=name,
        source=path,
        targets=_targets(labels, f"{label}, {field}"),
        size=(width, height) if width and height else None,
        splits=tuple(tag for tag in tags if tag in ROOT_LISTS) if isinstance(tags, list) else (),
    )


def _targets(labels: list[dict[str, Any]], where: str) -> Callable[[Shape, LeftOut], list[Target]]:
    def targets(shape: Shape, left_out: LeftOut) -> list[Target]:
        found: list[Target] = []
        for number, one in enumerate(labels, 1):
            try:
                its_targets = list(_label_targets(one, shape, left_out))
            except ValueError as error:
                raise DatasetError(f"{where} {number}: {error}; correct it") from error
            found += on_track(its_targets, track_number(one.get("index")))
        return found

    return targets


def _label_targets(one: dict[str, Any], shape: Shape, left_out: LeftOut) -> Iterator[Target]:
    height, width = shape
    if "bounding_box" in one:
        x, y, across, down = numbers(one["bounding_box"], 4)
        yield box(x * width, y * height, (x + across) * width, (y + down) * height)
        return
    points = one.get("points")
    if not isinstance(points, list):
        raise ValueError("no 'points' or 'bounding_box'")
    if one.get("_cls") == "Polyline":
        parts = [_vertices(part) * (width, height) for part in points if part]
        if not parts:
            left_out["empty polylines"] += 1
        elif one.get("closed"):
            yield polygon(parts)
        else:
            yield line(np.concatenate(parts))
        return
    for xy in points:
        if _is_hidden(xy):
            left_out["hidden keypoints"] += 1
            continue
        x, y = numbers(xy, 2)
        yield click(x * width, y * height)


def _vertices(part: object) -> Vertices:
    if not isinstance(part, list):
        raise ValueError("a part of its outline is no list of points")
    return np.array([numbers(xy, 2) for xy in part])


def _is_hidden(xy: object) -> bool:
    """Whether a keypoint was removed: FiftyOne sets its coordinates to NaN."""
    return isinstance(xy, list) and any(_is_nan(value) for value in xy)


def _is_nan(value: object) -> bool:
    if isinstance(value, dict):
        value = value.get("$numberDouble")
    return value == "NaN" or (isinstance(value, float) and value != value)
