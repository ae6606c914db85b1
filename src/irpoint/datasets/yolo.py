"""YOLO boxes; the target is the centre of its box.

A box is given in fractions of the frame from the outer corner of the top-left pixel. irpoint's
positions count from the centre of that pixel, so half a pixel is subtracted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from irpoint.datasets.extent import Extent
from irpoint.datasets.images import Images, without_suffix
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError


def open_yolo(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a YOLO folder (``images/``, ``labels/*.txt``); None if ``root`` is not one.

    Subfolders of ``images/`` are splits. As in YOLO, an image without a label file has no target.

    Raises:
        DatasetError: if no label file belongs to an image.
    """
    labels = root / "labels"
    if not (root / "images").is_dir() or next(labels.rglob("*.txt"), None) is None:
        return None
    images = Images(root / "images")
    splits: dict[str, tuple[str, ...]] = {}
    labelled = 0
    for name in images.names():
        image = images.find(name)
        labelled += _label_file(image, images, labels).is_file()
        folder = image.relative_to(images.folder).parts[0]
        if folder != image.name:
            splits[folder] = (*splits.get(folder, ()), name)
    if not labelled:
        raise DatasetError(f"{labels}: no label file has the name of an image; rename them")

    def read(names: Sequence[str]) -> list[LabelledFrame]:
        return [_read_frame(name, images, labels, root.name) for name in names]

    return OpenedLayout(root, images.names(), splits | split_lists(root), images.find, read)


def _label_file(image: Path, images: Images, labels: Path) -> Path:
    return labels / f"{without_suffix(image.relative_to(images.folder).as_posix())}.txt"


def _read_frame(name: str, images: Images, labels: Path, dataset: str) -> LabelledFrame:
    image = images.find(name)
    path = _label_file(image, images, labels)
    height, width = shape = image_shape(image)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read as text ({error})") from error
    xy, extents = [], []
    for number, line in enumerate(lines, 1):
        if line.strip():
            x, y, across, down = _read_box(line, f"{path}, line {number}")
            xy.append((x * width - 0.5, y * height - 0.5))
            edges = (x - across / 2, y - down / 2, x + across / 2, y + down / 2)
            scale = (width, height, width, height)
            extents.append(Extent.of_box(*(e * s - 0.5 for e, s in zip(edges, scale, strict=True))))
    return labelled_frame(name, image, shape, xy, str(path), dataset, extents)


def _read_box(line: str, label: str) -> tuple[float, float, float, float]:
    fields = line.split()
    try:
        x, y, width, height = (float(field) for field in fields[1:5])
    except ValueError as error:
        raise DatasetError(f"{label}: not 'class x y width height'; correct it") from error
    # A sixth field is the confidence of a detector; more fields are the corners of a polygon.
    if len(fields) > 6 or not all(math.isfinite(value) for value in (x, y, width, height)):
        raise DatasetError(f"{label}: not 'class x y width height' in finite numbers; correct it")
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise DatasetError(f"{label}: centre ({x:g}, {y:g}) is not a fraction 0..1; correct it")
    return x, y, width, height
