"""The labels in a CSV file, row by row."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path

from irpoint.datasets.csv_columns import (
    CORNERS,
    FRAME,
    IMAGE,
    SIZES,
    TRACK,
    Columns,
    X,
    Y,
    find_columns,
)
from irpoint.datasets.extent import Extent
from irpoint.datasets.tables import Table, TableRow, number, read_table
from irpoint.datasets.track_numbers import track_number
from irpoint.errors import DatasetError, IrpointWarning


@dataclass(frozen=True)
class Label:
    """A row of a CSV file of points.

    Attributes:
        where: the file and line, for error messages.
        image: the image as stated; "" if the file names none.
        frame: number of the frame in its file, from 0; None if the row states none.
        xy: position in frame pixels; None if the row says that the frame has no target.
        extent: the extent of the target, if it is a box.
        size: (width, height) as stated; None if the row states none.
        track: number of the target's track; None if the row states none.
    """

    where: str
    image: str
    frame: int | None
    xy: tuple[float, float] | None
    extent: Extent | None = None
    size: tuple[float, float] | None = None
    track: int | None = None


@dataclass(frozen=True)
class LabelTable:
    """The rows of a CSV file of points, and whether it names images, numbers frames, has boxes."""

    path: Path
    header_line: int
    labels: tuple[Label, ...]
    names_images: bool
    numbers_frames: bool
    boxes: bool


def read_labels(path: Path) -> LabelTable:
    """Read a CSV file of points.

    Raises:
        DatasetError: if the file is no CSV, its header has no position, or a row is wrong.
    """
    table = read_table(path)
    columns = find_columns(table)
    _check_decimals(table, columns)
    _check_z(table, columns)
    _check_tracks(table, columns)
    labels = tuple(_label(row, columns, table.decimal_comma) for row in table.rows)
    if columns.boxes:
        _check_pixels(labels, path)
    return LabelTable(
        path, table.header_line, labels, IMAGE in columns, FRAME in columns, columns.boxes
    )


def _label(row: TableRow, columns: Columns, decimal_comma: bool) -> Label:
    image = columns.cell(row.cells, IMAGE)
    if IMAGE in columns and not image:
        raise DatasetError(f"{row.label}: the image is missing; give its file name")
    frame = _frame(row, columns.cell(row.cells, FRAME), decimal_comma)
    track = track_number(columns.cell(row.cells, TRACK))
    if not columns.boxes:
        xy = _numbers(row, columns, (X, Y), decimal_comma)
        size = _size(row, columns, decimal_comma)
        place = None if xy is None else (xy[0], xy[1])
        return Label(row.label, image, frame, place, size=size, track=track)
    box = _numbers(row, columns, CORNERS, decimal_comma)
    if box is None:
        return Label(row.label, image, frame, None)
    # Edges count from the outer corner of the top-left pixel.
    left, top, right, bottom = (edge - 0.5 for edge in box)
    if right < left or bottom < top:
        raise DatasetError(f"{row.label}: the box ends before it begins; correct it")
    extent = Extent.of_box(left, top, right, bottom)
    size = _size(row, columns, decimal_comma)
    centre = (left + right) / 2, (top + bottom) / 2
    return Label(row.label, image, frame, centre, extent, size, track)


def _numbers(
    row: TableRow, columns: Columns, wanted: tuple[str, ...], decimal_comma: bool
) -> list[float] | None:
    """The finite numbers in some columns; None if all are empty."""
    cells = [columns.cell(row.cells, meaning) for meaning in wanted]
    if not any(cells):
        return None
    stated = " and ".join(f"{name} '{cell}'" for name, cell in zip(wanted, cells, strict=True))
    try:
        values = [number(cell, decimal_comma) for cell in cells]
    except ValueError as error:
        count = {2: "two", 4: "four"}[len(wanted)]
        raise DatasetError(f"{row.label}: {stated} are not {count} numbers") from error
    if not all(map(math.isfinite, values)):
        raise DatasetError(f"{row.label}: {stated} are not finite; correct them")
    return values


def _size(row: TableRow, columns: Columns, decimal_comma: bool) -> tuple[float, float] | None:
    if not all(name in columns for name in SIZES):
        return None
    try:
        width, height = (number(columns.cell(row.cells, name), decimal_comma) for name in SIZES)
    except ValueError:
        return None
    return width, height


def _frame(row: TableRow, cell: str, decimal_comma: bool) -> int | None:
    if not cell:
        return None
    try:
        value = number(cell, decimal_comma)
    except ValueError:
        value = math.nan
    if not (value >= 0 and value == value // 1 and math.isfinite(value)):
        raise DatasetError(f"{row.label}: frame '{cell}' is not a whole number from 0; correct it")
    return int(value)


def _check_decimals(table: Table, columns: Columns) -> None:
    """Refuse a table with 1.5 and 1,500, in which the comma may separate thousands."""
    if not table.decimal_comma:
        return
    wanted = [columns.place[name] for name in (X, Y, *CORNERS) if name in columns]
    cells = [row.cells[place] for row in table.rows for place in wanted]
    if any("." in cell for cell in cells) and any("," in cell for cell in cells):
        raise DatasetError(
            f"{table.path}: has numbers with a point and with a comma; write decimals one way"
        )


def _check_z(table: Table, columns: Columns) -> None:
    if "z" in columns and len({columns.cell(row.cells, "z") for row in table.rows}) > 1:
        raise DatasetError(
            f"{table.path}: its points have different z, and a frame has none; name the column "
            "'frame' if it is the number of the frame"
        )


def _check_tracks(table: Table, columns: Columns) -> None:
    cells = {columns.cell(row.cells, TRACK) for row in table.rows} - {""}
    wrong = sorted(cell for cell in cells if track_number(cell) is None)
    if wrong:
        warnings.warn(
            f"{table.path}: {len(wrong)} tracks, such as '{wrong[0][:80]}', are no whole numbers "
            "from 0; they are left out",
            IrpointWarning,
            stacklevel=5,
        )


def _check_pixels(labels: tuple[Label, ...], path: Path) -> None:
    extents = [label.extent for label in labels if label.extent is not None]
    if extents and max(float(extent.high.max()) for extent in extents) <= 0.5:
        raise DatasetError(
            f"{path}: the edges of its boxes are fractions of the frame; give pixels"
        )
