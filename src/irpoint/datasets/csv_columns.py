"""What the columns of a CSV file of points are, by their names in the header.

* ``x``, ``y`` (irpoint, trackpy, Spotiflow, photutils, …): as written, pixel centres at integers.
* ``axis-0``, ``axis-1`` (napari): axis-0 is y, axis-1 is x; with ``axis-2``, axis-0 is the frame,
  axis-1 is y and axis-2 is x. Pixel centres at integers.
* ``xmin``, ``ymin``, ``xmax``, ``ymax`` (Roboflow, TensorFlow): the centre of the box. Its edges
  count from the outer corner of the top-left pixel, so half a pixel is subtracted.
* ``track`` (irpoint), ``particle`` (trackpy): the number of the target's track.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from irpoint.datasets.tables import Table
from irpoint.errors import DatasetError

IMAGE, FRAME, X, Y, TRACK = "image", "frame", "x", "y", "track"
CORNERS = ("xmin", "ymin", "xmax", "ymax")
SIZES = ("width", "height")

# The names of each column, the one to prefer first. They are compared without case, and with
# spaces and hyphens as underscores.
NAMES: Mapping[str, tuple[str, ...]] = {
    IMAGE: (
        "image",
        "filename",
        "file_name",
        "file",
        "image_name",
        "imagename",
        "image_file",
        "image_path",
        "file_path",
        "filepath",
        "path",
        "image_id",
        "imageid",
        "img",
        "img_name",
        "frame_name",
        "source",
    ),
    FRAME: ("frame", "frame_index", "frame_number", "frame_no", "page", "t"),
    X: (
        "x",
        "cx",
        "xc",
        "x_center",
        "x_centre",
        "center_x",
        "centre_x",
        "xcenter",
        "x_centroid",
        "xcentroid",
        "centroid_x",
        "x_px",
        "px_x",
        "x_pixel",
        "x_coord",
        "coord_x",
        "x_pos",
        "pos_x",
        "position_x",
        "col",
        "column",
    ),
    Y: (
        "y",
        "cy",
        "yc",
        "y_center",
        "y_centre",
        "center_y",
        "centre_y",
        "ycenter",
        "y_centroid",
        "ycentroid",
        "centroid_y",
        "y_px",
        "px_y",
        "y_pixel",
        "y_coord",
        "coord_y",
        "y_pos",
        "pos_y",
        "position_y",
        "row",
    ),
    "xmin": ("xmin", "x_min", "x1", "left", "xtl", "bbox_xmin"),
    "ymin": ("ymin", "y_min", "y1", "top", "ytl", "bbox_ymin"),
    "xmax": ("xmax", "x_max", "x2", "right", "xbr", "bbox_xmax"),
    "ymax": ("ymax", "y_max", "y2", "bottom", "ybr", "bbox_ymax"),
    "width": ("width", "w", "image_width", "img_width"),
    "height": ("height", "h", "image_height", "img_height"),
    "z": ("z", "position_z"),
    TRACK: ("track", "track_id", "trackid", "track_number", "particle"),
}


@dataclass(frozen=True)
class Columns:
    """The place of each known column of a table.

    Attributes:
        place: index of the column by its meaning, a key of :data:`NAMES`.
        boxes: whether the positions are those of boxes, given by their corners.
    """

    place: Mapping[str, int]
    boxes: bool

    def __contains__(self, meaning: str) -> bool:
        return meaning in self.place

    def cell(self, cells: Sequence[str], meaning: str) -> str:
        """The cell of a row in a column; "" if there is no such column."""
        return cells[self.place[meaning]] if meaning in self.place else ""


def find_columns(table: Table) -> Columns:
    """The columns of a table.

    Raises:
        DatasetError: if the header has no position, if it names one twice, or if it is missing.
    """
    names = [_plain(name) for name in table.header]
    label = f"{table.path}, line {table.header_line}"
    if "vertex_index" in names or "shape_type" in names:
        raise DatasetError(f"{label}: napari's shapes, not points; export a points layer")
    place = {
        meaning: names.index(found)
        for meaning, known in NAMES.items()
        if (found := next((name for name in known if name in names), None)) is not None
    }
    axes = _axes(names, label)
    if axes:
        place = axes | {TRACK: place[TRACK]} if TRACK in place else axes
    points = X in place and Y in place
    if not points and not all(corner in place for corner in CORNERS):
        raise DatasetError(f"{label}: {_no_header(table)}")
    wanted = (IMAGE, FRAME, X, Y) if points else (IMAGE, FRAME, *CORNERS)
    for meaning in wanted:
        if meaning in place and names.count(names[place[meaning]]) > 1:
            raise DatasetError(f"{label}: two columns '{names[place[meaning]]}'; rename one")
    return Columns(place, not points)


def _plain(name: str) -> str:
    """A name without case, unit and quotes: ``"X [px]"`` is ``x``, ``axis-0`` is ``axis_0``."""
    name = name.strip().strip("\"'").lower()
    name = re.sub(r"\s*[\[(](px|pix|pixels?)[\])]$", "", name)
    return re.sub(r"[\s-]+", "_", name)


def _axes(names: list[str], label: str) -> dict[str, int]:
    """The columns of napari; empty if there are none."""
    axes = [name for name in names if re.fullmatch(r"axis_\d+", name)]
    meanings = {2: (Y, X), 3: (FRAME, Y, X)}.get(len(axes))
    if not axes:
        return {}
    if meanings is None or sorted(axes) != [f"axis_{k}" for k in range(len(axes))]:
        raise DatasetError(
            f"{label}: columns {', '.join(axes).replace('_', '-')}; napari's points have axis-0 "
            "(y) and axis-1 (x), or axis-0 (frame), axis-1 (y) and axis-2 (x)"
        )
    return {meaning: names.index(f"axis_{k}") for k, meaning in enumerate(meanings)}


def _no_header(table: Table) -> str:
    wanted = "image,x,y; add it"
    if any(re.fullmatch(r"[+-]?\d+([.,]\d*)?", cell) for cell in table.header):
        return f"no header {wanted}, because a file without it does not say which number is x"
    found = ",".join(table.header) or "nothing"
    return (
        f"no header {wanted}, or frame,x,y, axis-0,axis-1 or image,xmin,ymin,xmax,ymax "
        f"(found: {found[:80]})"
    )
