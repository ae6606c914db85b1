"""CSV files of points: one file that names its images, or one file per image, stack or video.

irpoint writes the columns ``image,x,y``, and ``track`` if a target has a track number, one row per
target. A row without x and y is a frame without targets. What other columns mean:
:mod:`irpoint.datasets.csv_columns`.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

from irpoint.datasets.csv_frames import FrameLabels, open_frames, unnamed_frames
from irpoint.datasets.csv_rows import LabelTable, read_labels
from irpoint.datasets.images import Images, without_suffix
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import ROOT_LISTS
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.tables import TABLE_SUFFIXES
from irpoint.errors import DatasetError, IrpointWarning
from irpoint.frames.natural import natural_key

POINTS_FILE = "points.csv"
_COLUMNS = ("image", "x", "y", "track")
_ROBOFLOW = "_annotations.csv"  # has no row for an image without targets


def open_csv(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder with CSV files of points; None if it has no CSV file.

    That is ``points.csv``, one CSV file of any name, one CSV file for each image, stack or video,
    with the same name, or files named after splits, such as ``train.csv`` and ``val.csv``. Images
    are in ``images/`` or, if there is no such folder, in ``root``. Other columns are ignored. An
    image without a row is not part of the dataset.

    Raises:
        DatasetError: if it is not clear which file to read or which frames it means, or if a file
            is wrong.
    """
    files = _files(root)
    if not files:
        return None
    tables = [read_labels(path) for path in _chosen(root, files)]
    if not any(table.names_images for table in tables):
        return open_frames(root, unnamed_frames(root, tables))
    if len(tables) > 1 and not all(_is_split(table.path) for table in tables):
        raise _too_many(root, files)
    return open_frames(root, *_named_frames(root, tables))


def csv_text(frames: Iterable[tuple[str, LabelledFrame]]) -> str:
    """Labelled frames, each with its file name, as CSV that restores each float32 exactly."""
    listed = list(frames)
    width = len(_COLUMNS) if any(frame.tracks for _, frame in listed) else len(_COLUMNS) - 1
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS[:width])
    for file_name, frame in listed:
        xy = frame.points.xy.tolist()
        tracks = frame.tracks or (None,) * len(xy)  # None is an empty cell
        rows = [(file_name, x, y, track) for (x, y), track in zip(xy, tracks, strict=True)]
        writer.writerows(row[:width] for row in rows or [(file_name, None, None, None)])
    return text.getvalue()


def _files(root: Path) -> list[Path]:
    """The CSV files in ``root`` or, if it has none, in its folder of images; in natural order."""
    for folder in (root, root / "images"):
        inside = folder.iterdir() if folder.is_dir() else ()
        tables = (path for path in inside if path.suffix.lower() in TABLE_SUFFIXES)
        found = [path for path in tables if not path.name.startswith(".")]
        if found:
            return sorted(found, key=lambda path: natural_key(path.name))
    return []


def _chosen(root: Path, files: list[Path]) -> list[Path]:
    """``points.csv``, the only file, or the files that are named after a file with frames."""
    named = next((path for path in files if path.name == POINTS_FILE), None)
    if named or len(files) == 1:
        return [named or files[0]]
    if all(map(_is_split, files)):
        return files
    stems = {p.stem for f in (root, root / "images") if f.is_dir() for p in f.iterdir()
             if p.suffix.lower() not in TABLE_SUFFIXES and p.is_file()}  # fmt: skip
    chosen = [path for path in files if path.stem in stems]
    if not chosen:
        raise _too_many(root, files)
    others = [path.name for path in files if path not in chosen]
    if others:
        warnings.warn(
            f"{root}: {len(others)} CSV files are named after no image, such as {others[0]}; they "
            "are skipped",
            IrpointWarning,
            stacklevel=4,
        )
    return chosen


def _is_split(path: Path) -> bool:
    return path.stem.lower() in ROOT_LISTS


def _too_many(root: Path, files: list[Path]) -> DatasetError:
    return DatasetError(
        f"{root}: {len(files)} CSV files; rename the one to read to {POINTS_FILE}, or each after "
        "the image, stack or video that it belongs to"
    )


def _named_frames(
    root: Path, tables: Sequence[LabelTable]
) -> tuple[FrameLabels, dict[str, tuple[str, ...]]]:
    """The frames of files that name their images, and the splits that the files are."""
    images = Images(root / "images" if (root / "images").is_dir() else root)
    found = FrameLabels(images, tables[0].path if len(tables) == 1 else root)
    splits: dict[str, tuple[str, ...]] = {}
    for table in tables:
        names: dict[str, None] = {}
        for label in table.labels:
            image = images.get(label.image)
            name = without_suffix(label.image) if image is None else images.name_of(image)
            if image is not None and label.frame is not None and found.is_stack(image):
                name = found.add_page(image, name, label.frame, label.where)
            if name in found.labels and name not in names:
                raise DatasetError(
                    f"{label.where}: '{label.image}' is in another file too; remove one"
                )
            found.add(name, label)
            names[name] = None
        if len(tables) > 1:
            splits[table.path.stem.lower()] = tuple(names)
    if tables[0].path.name == _ROBOFLOW:
        found.add_empty(images.names())
    return found, splits
