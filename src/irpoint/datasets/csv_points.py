"""A CSV file of points: columns ``image,x,y``, one row per target.

A row without x and y is a frame without targets.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from irpoint.datasets.images import Images, without_suffix
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, one_line
from irpoint.frames.find import natural_key

POINTS_FILE = "points.csv"
_COLUMNS = ("image", "x", "y")


def open_csv(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder with ``points.csv``, or with one CSV file of any name; None if it has none.

    Images are in ``images/`` or, if there is no such folder, in ``root``. Other columns are
    ignored. An image without a row is not part of the dataset.

    Raises:
        DatasetError: if there are several CSV files and none is named ``points.csv``, or if a row
            is wrong.
    """
    files = sorted(root.glob("*.csv"), key=lambda path: natural_key(path.name))
    if not files:
        return None
    path = root / POINTS_FILE if root / POINTS_FILE in files else files[0]
    if len(files) > 1 and path.name != POINTS_FILE:
        raise DatasetError(
            f"{root}: {len(files)} CSV files; rename the one to read to {POINTS_FILE}"
        )
    images = Images(root / "images" if (root / "images").is_dir() else root)
    points: dict[str, list[tuple[float, float]]] = {}
    for stated, xy in _read_rows(path).items():
        image = images.get(stated)
        name = without_suffix(stated) if image is None else images.name_of(image)
        points.setdefault(name, []).extend(xy)

    def read(names: Sequence[str]) -> list[LabelledFrame]:
        frames = []
        for name in names:
            image = images.find(name)
            xy = points.get(images.name_of(image))
            if xy is None:
                raise DatasetError(
                    f"{path}: no row for the image '{name}'; add one (with x and y empty if "
                    "it has no target)"
                )
            shape = image_shape(image)
            frames.append(labelled_frame(name, image, shape, xy, str(path), root.name))
        return frames

    return OpenedLayout(
        root, tuple(points), split_lists(root), images.find, read, one_label_file=True
    )


def csv_text(frames: Iterable[tuple[str, LabelledFrame]]) -> str:
    """Labelled frames, each with its file name, as CSV that restores each float32 exactly."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for file_name, frame in frames:
        rows = frame.points.xy.tolist() or [("", "")]
        writer.writerows((file_name, x, y) for x, y in rows)
    return text.getvalue()


def _read_rows(path: Path) -> dict[str, list[tuple[float, float]]]:
    points: dict[str, list[tuple[float, float]]] = {}
    empty: set[str] = set()
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
            if not set(_COLUMNS) <= set(reader.fieldnames):
                raise DatasetError(f"{path}, line 1: no header image,x,y; add it")
            for row in reader:
                line = reader.line_num
                image = (row["image"] or "").strip()
                xy = _point(image, row["x"], row["y"], f"{path}, line {line}")
                if image in empty or (xy is None and image in points):
                    raise DatasetError(
                        f"{path}, line {line}: '{image}' has a row without a target and another "
                        "row; remove one"
                    )
                points.setdefault(image, []).extend([] if xy is None else [xy])
                if xy is None:
                    empty.add(image)
    except (csv.Error, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}, after line {line}: not CSV ({error}); fix it") from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({one_line(error)})") from error
    return points


def _point(image: str, x: str | None, y: str | None, label: str) -> tuple[float, float] | None:
    x, y = (x or "").strip(), (y or "").strip()
    if not image:
        raise DatasetError(f"{label}: the image is missing; give its file name")
    if not x and not y:
        return None
    try:
        point = float(x), float(y)
    except ValueError as error:
        raise DatasetError(f"{label}: x '{x}' and y '{y}' are not two numbers") from error
    if not (math.isfinite(point[0]) and math.isfinite(point[1])):
        raise DatasetError(f"{label}: x '{x}' and y '{y}' are not finite; correct them")
    return point
