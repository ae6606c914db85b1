"""Boxes read as points: Pascal VOC and YOLO; the target is the centre of its box.

Both count a box's edges from the outer corner of the top-left pixel, whose centre is then at
(1/2, 1/2); our coordinates put that centre at (0, 0), so half a pixel comes off. The box of the
pixels 3..5 has the edges 3 and 6, and the centre 4.5 - 0.5 = 4. (The first VOC releases counted
whole pixels from 1, both ends inclusive; files of that kind come out half a pixel high, but the
tools that write VOC today give edges, and a file does not tell.)
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from irpoint.datasets.extent import Extent
from irpoint.datasets.images import Images, without_suffix
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError

_VOC_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def open_voc(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a Pascal VOC folder; None where ``root`` is not one.

    ``Annotations/*.xml`` with ``JPEGImages/``, or ``annotations/*.xml`` with ``images/``.
    """
    labels = _first_folder(root, ("Annotations", "annotations"))
    pictures = _first_folder(root, ("JPEGImages", "images"))
    if labels is None or pictures is None or next(labels.glob("*.xml"), None) is None:
        return None
    images = Images(pictures)

    def read(names: Sequence[str]) -> list[LabelledFrame]:
        return [_voc_frame(name, images, labels, root.name) for name in names]

    return OpenedLayout("voc", root, images.names(), split_lists(root), images.find, read)


def open_yolo(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a YOLO folder (``images/``, ``labels/*.txt``); None where ``root`` is not one.

    Subfolders of ``images/`` are splits. An image without a label file has no target, as YOLO says.

    Raises:
        DatasetError: where no label file belongs to an image.
    """
    labels = root / "labels"
    if not (root / "images").is_dir() or next(labels.rglob("*.txt"), None) is None:
        return None
    images = Images(root / "images")
    splits: dict[str, tuple[str, ...]] = {}
    labelled = 0
    for name in images.names():
        image = images.find(name)
        labelled += _yolo_label(image, images, labels).is_file()
        folder = image.relative_to(images.folder).parts[0]
        if folder != image.name:
            splits[folder] = (*splits.get(folder, ()), name)
    if not labelled:
        raise DatasetError(f"{labels}: no label file has the name of an image; rename them")

    def read(names: Sequence[str]) -> list[LabelledFrame]:
        return [_yolo_frame(name, images, labels, root.name) for name in names]

    return OpenedLayout("yolo", root, images.names(), splits | split_lists(root), images.find, read)


def _first_folder(root: Path, names: tuple[str, ...]) -> Path | None:
    return next((root / name for name in names if (root / name).is_dir()), None)


def _voc_frame(name: str, images: Images, labels: Path, dataset: str) -> LabelledFrame:
    image = images.find(name)
    path = labels / f"{without_suffix(image.name)}.xml"
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise DatasetError(f"{path}: not well-formed XML ({error}); mend that line") from error
    except FileNotFoundError as error:
        raise DatasetError(
            f"{path}: no such file for {image.name}; add it (without objects for an empty frame)"
        ) from error
    height, width = shape = image_shape(image)
    stated = (root.findtext("size/width", "0").strip(), root.findtext("size/height", "0").strip())
    # Some tools write 0 for a size they did not look up.
    if stated not in (("0", "0"), (str(width), str(height))):
        raise DatasetError(
            f"{path}: states {'x'.join(stated)} but {image.name} is {width}x{height}; "
            "give the image that was annotated"
        )
    xy, extents = [], []
    for number, item in enumerate(root.findall("object"), 1):
        try:
            corners = [float(item.findtext(f"bndbox/{corner}", "")) for corner in _VOC_CORNERS]
        except ValueError as error:
            raise DatasetError(
                f"{path}: object {number} has no <bndbox> of four numbers; correct it"
            ) from error
        left, top, right, bottom = corners
        xy.append(((left + right) / 2 - 0.5, (top + bottom) / 2 - 0.5))
        extents.append(Extent.of_box(left - 0.5, top - 0.5, right - 0.5, bottom - 0.5))
    return labelled_frame(name, image, shape, xy, str(path), dataset, extents)


def _yolo_label(image: Path, images: Images, labels: Path) -> Path:
    return labels / f"{without_suffix(image.relative_to(images.folder).as_posix())}.txt"


def _yolo_frame(name: str, images: Images, labels: Path, dataset: str) -> LabelledFrame:
    image = images.find(name)
    path = _yolo_label(image, images, labels)
    height, width = shape = image_shape(image)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read as text ({error})") from error
    xy, extents = [], []
    for number, line in enumerate(lines, 1):
        if line.strip():
            x, y, across, down = _yolo_box(line, f"{path}, line {number}")
            xy.append((x * width - 0.5, y * height - 0.5))
            edges = (x - across / 2, y - down / 2, x + across / 2, y + down / 2)
            scale = (width, height, width, height)
            extents.append(Extent.of_box(*(e * s - 0.5 for e, s in zip(edges, scale, strict=True))))
    return labelled_frame(name, image, shape, xy, str(path), dataset, extents)


def _yolo_box(line: str, label: str) -> tuple[float, float, float, float]:
    fields = line.split()
    try:
        x, y, width, height = (float(field) for field in fields[1:5])
    except ValueError as error:
        raise DatasetError(f"{label}: not 'class x y width height'; correct it") from error
    # A sixth field is a detector's confidence; more are the corners of a polygon.
    if len(fields) > 6 or not all(math.isfinite(value) for value in (x, y, width, height)):
        raise DatasetError(f"{label}: not 'class x y width height' in finite numbers; correct it")
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise DatasetError(f"{label}: centre ({x:g}, {y:g}) is not a fraction 0..1; correct it")
    return x, y, width, height
