"""Write labels as points of napari: rows are y, x, or frame, y, x; pixel centres at integers.

napari opens a folder of images of one size as a stack, so one file has the points of all frames.
Images of several sizes get a file each. The number of a target's track is the column ``track``,
which napari shows as a feature. :mod:`irpoint.datasets.csv_points` reads both.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from irpoint.datasets.csv_columns import TRACK
from irpoint.datasets.images import without_suffix
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError
from irpoint.frames.natural import natural_key

NAPARI_FILE = "points.csv"
_ALL = Path("img_idx") / "all.txt"


def napari_files(
    frames: Sequence[tuple[str, LabelledFrame]], lists: Mapping[str, Sequence[str]]
) -> dict[Path, str]:
    """``points.csv`` for a stack of images, or else a CSV file for each image.

    Args:
        frames: each with its file name under ``images/``.
        lists: the file names in each split list. A frame without targets has no row in the file of
            a stack, so a list has to name it; if none does, ``img_idx/all.txt`` names all frames.

    Raises:
        DatasetError: if two images would get a file of the same name.
    """
    order = _stack_order([name for name, _ in frames])
    if order is None or len({frame.shape for _, frame in frames}) > 1:
        return _file_per_image(frames)
    named = dict(frames)
    rows = [((number,), named[name]) for number, name in enumerate(order)]
    listed = {name for names in lists.values() for name in names}
    files = {}
    if any(len(frame.points) == 0 and name not in listed for name, frame in frames):
        files[_ALL] = "".join(f"{without_suffix(name)}\n" for name in order)
    return files | {Path(NAPARI_FILE): _text(rows)}


def _stack_order(names: list[str]) -> list[str] | None:
    """The order of the images in napari's stack; None if they are no stack.

    napari does not open folders in the folder. It sorts by names with suffixes, irpoint without.
    """
    order = sorted(names, key=_napari_key)
    flat = not any("/" in name for name in names)
    same = order == sorted(names, key=lambda name: natural_key(without_suffix(name)))
    return order if flat and same and len(names) > 1 else None


def _napari_key(name: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in re.split("([0-9]+)", name)]


def _file_per_image(frames: Sequence[tuple[str, LabelledFrame]]) -> dict[Path, str]:
    files: dict[Path, str] = {}
    for name, frame in frames:
        path = Path(f"{without_suffix(PurePosixPath(name).name)}.csv")
        if path in files:
            raise DatasetError(
                f"images/{name}: another image has the same name, and the points of both would be "
                f"in {path}; rename one, or convert to csv"
            )
        files[path] = _text([((), frame)])
    return files


def _text(frames: Sequence[tuple[tuple[int, ...], LabelledFrame]]) -> str:
    """The points of frames, each frame with its coordinates on the axes before y and x."""
    rows = [
        (*before, y, x, track)
        for before, frame in frames
        for (x, y), track in zip(
            frame.points.xy.tolist(), frame.tracks or (None,) * len(frame.points), strict=True
        )
    ]
    axes = [f"axis-{axis}" for axis in range(len(frames[0][0]) + 2)]
    columns = ["index", *axes, TRACK]
    if not any(frame.tracks for _, frame in frames):
        columns.pop()
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows((index, *row)[: len(columns)] for index, row in enumerate(rows))
    return stream.getvalue()
