"""The label files of YOLO: boxes, keypoints (YOLO-pose) or polygons (YOLO-seg).

All values are fractions of the frame, counted from the outer corner of the top-left pixel.
irpoint's positions count from the centre of that pixel, so half a pixel is subtracted:
x · width - 0.5.

A line is ``class x y width height`` for a box; the same, followed by ``x y`` or ``x y visibility``
of each keypoint; or ``class x1 y1 x2 y2 x3 y3 …`` for a polygon. A file does not state which it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from irpoint.datasets.data_yaml import DataYaml
from irpoint.datasets.extent import Extent
from irpoint.datasets.shapes import polygon
from irpoint.datasets.text import read_text
from irpoint.errors import DatasetError, IrpointWarning

_BOX = 5  # class, x, y, width, height
_SCORED_BOX = 6
_LARGEST = 1e6  # times the frame: a larger value is as wrong as an infinite one
_TOLERANCE = 0.01  # of the frame: tools round, and let boxes stick out a little


@dataclass(frozen=True)
class Row:
    """A line of a label file: where it is, and its fields."""

    label: str
    fields: tuple[str, ...]


@dataclass
class Targets:
    """The targets of one frame, in frame pixels; ``extents`` is None if keypoints have no box."""

    xy: list[tuple[float, float]] = field(default_factory=list)
    extents: list[Extent] | None = field(default_factory=list)


Reader = Callable[[Row, tuple[int, int], Targets], bool]
"""Adds the targets of a line to those of a frame (height, width).

Returns whether the object has the point that it should have.
"""


class YoloLabels:
    """The labels of a YOLO dataset.

    Args:
        folder: the folder of the label files, for error messages.
        files: the label file of every image; missing ones are images without targets.
        yaml: the ``data.yaml`` of the dataset.
    """

    def __init__(self, folder: Path, files: Iterable[Path], yaml: DataYaml | None) -> None:
        self._folder = folder
        self._files = list(files)
        self._yaml = yaml
        self._rows: Mapping[Path, list[Row]] = {}
        self._reader: Reader | None = None
        self._boxes_instead = 0

    def read(self, path: Path, shape: tuple[int, int]) -> Targets:
        """The targets in a label file of a frame (height, width).

        Raises:
            DatasetError: if a line is wrong, or if the files do not show what their lines mean.
        """
        if self._reader is None:
            self._rows = {file: _rows(file) for file in self._files if file.is_file()}
            every = [row for rows in self._rows.values() for row in rows]
            self._reader = _reader(every, self._yaml, self._folder)
        targets = Targets()
        for row in self._rows.get(path, []):
            self._boxes_instead += not self._reader(row, shape, targets)
        return targets

    def warn(self) -> None:
        """Warn about the objects without a keypoint that were read since the last call."""
        if self._boxes_instead:
            warnings.warn(
                f"{self._folder}: {self._boxes_instead} objects have no labelled keypoint; the "
                "centres of their boxes are used",
                IrpointWarning,
                stacklevel=3,
            )
        self._boxes_instead = 0


def _rows(path: Path) -> list[Row]:
    lines = enumerate(read_text(path, "text").splitlines(), 1)
    return [Row(f"{path}, line {n}", tuple(line.split())) for n, line in lines if line.strip()]


def _reader(rows: list[Row], yaml: DataYaml | None, folder: Path) -> Reader:
    """What the lines mean, from ``data.yaml`` and from their numbers of fields.

    A dataset of keypoints needs ``kpt_shape`` in its ``data.yaml``. Without a ``data.yaml``, lines
    with keypoints all have one length, and the lengths of polygons are odd.
    """
    if yaml is not None and yaml.keypoints:
        return _Keypoints(*yaml.keypoints, f"kpt_shape in {yaml.path.name}")
    lengths = {len(row.fields) for row in rows}
    long = sorted(length for length in lengths if length > _SCORED_BOX)
    if not long:
        return _read_box
    even = [length for length in long if length % 2 == 0]
    if not even and (yaml is not None or lengths != set(long) or len(long) > 1):
        return _read_box_or_polygon
    if yaml is None and lengths == {long[0]}:
        keypoints = [
            reader
            for values in (2, 3)
            if (long[0] - _BOX) % values == 0
            and (reader := _Keypoints((long[0] - _BOX) // values, values)).fits(rows)
        ]
        if not keypoints and not even:
            return _read_box_or_polygon
        certain = [reader for reader in keypoints if even or reader.is_certain(rows)]
        if len(certain) == 1:
            return certain[0]
    raise DatasetError(_ambiguous(long, lengths, folder, yaml))


def _ambiguous(long: list[int], lengths: set[int], folder: Path, yaml: DataYaml | None) -> str:
    many = ", ".join(map(str, sorted(lengths)))
    if yaml is not None:
        return (
            f"{folder}: lines of {many} values are neither boxes (5) nor polygons (7, 9, …), and "
            f"{yaml.path.name} has no kpt_shape; add it if the objects have keypoints"
        )
    if len(lengths) > 1:
        return (
            f"{folder}: lines of {many} values are not one of boxes (5), polygons (7, 9, …) and "
            "keypoints (all of one length); correct the files"
        )
    pairs, triples = (long[0] - _BOX) / 2, (long[0] - _BOX) / 3
    shape = f"[{pairs:g}, 2]" if pairs == int(pairs) else f"[{triples:g}, 3]"
    return (
        f"{folder}: lines of {many} values may be polygons or boxes with keypoints; add a "
        f"data.yaml with 'kpt_shape: {shape}' for keypoints, or with 'nc: 1' alone for polygons"
    )


def _numbers(row: Row, fields: tuple[str, ...], wanted: str) -> list[float]:
    try:
        numbers = [float(field) for field in fields]
    except ValueError as error:
        raise DatasetError(f"{row.label}: not '{wanted}'; correct it") from error
    if not all(abs(number) <= _LARGEST for number in numbers):
        raise DatasetError(f"{row.label}: not '{wanted}' in finite numbers; correct it")
    return numbers


def _box(row: Row, wanted: str = "class x y width height") -> tuple[float, float, float, float]:
    if len(row.fields) < _BOX:
        raise DatasetError(f"{row.label}: not '{wanted}'; correct it")
    x, y, width, height = _numbers(row, row.fields[1:_BOX], wanted)
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise DatasetError(f"{row.label}: centre ({x:g}, {y:g}) is not a fraction 0..1; correct it")
    return x, y, width, height


def _extent(box: tuple[float, float, float, float], shape: tuple[int, int]) -> Extent:
    x, y, across, down = box
    edges = (x - across / 2, y - down / 2, x + across / 2, y + down / 2)
    scale = (shape[1], shape[0], shape[1], shape[0])
    return Extent.of_box(*(e * s - 0.5 for e, s in zip(edges, scale, strict=True)))


def _read_box(row: Row, shape: tuple[int, int], targets: Targets) -> bool:
    """The centre of a box; a sixth field, the score of a detector, is ignored."""
    box = _box(row)
    targets.xy.append((box[0] * shape[1] - 0.5, box[1] * shape[0] - 0.5))
    if targets.extents is not None:
        targets.extents.append(_extent(box, shape))
    return True


def _read_box_or_polygon(row: Row, shape: tuple[int, int], targets: Targets) -> bool:
    """The centroid of a polygon; or the centre of a box, which some tools write between them."""
    if len(row.fields) <= _SCORED_BOX:
        return _read_box(row, shape, targets)
    values = _numbers(row, row.fields[1:], "class x1 y1 x2 y2 x3 y3 …")
    corners = np.reshape(values, (-1, 2)) * shape[::-1]
    target = polygon([corners])
    targets.xy.append((target.x, target.y))
    if targets.extents is not None and target.extent is not None:
        targets.extents.append(target.extent)
    return True


@dataclass(frozen=True)
class _Keypoints:
    """Reads lines of a box and ``count`` keypoints of ``values`` values each.

    Every labelled keypoint is a target: one whose visibility is above 0 or, without a visibility,
    whose coordinates are not negative.
    """

    count: int
    values: int
    stated_by: str = "the other lines"

    def __call__(self, row: Row, shape: tuple[int, int], targets: Targets) -> bool:
        length = _BOX + self.count * self.values
        if len(row.fields) != length:
            raise DatasetError(
                f"{row.label}: {len(row.fields)} values, but {self.stated_by} asks for {length}: "
                f"a box and {self.count} keypoints of {self.values} values; correct it"
            )
        box = _box(row, "class x y width height")
        labelled = self._labelled(row)
        for x, y in labelled or [box[:2]]:
            targets.xy.append((x * shape[1] - 0.5, y * shape[0] - 0.5))
        if self.count > 1:
            targets.extents = None  # one box for several targets
        elif targets.extents is not None:
            targets.extents.append(_extent(box, shape))
        return bool(labelled)

    def _labelled(self, row: Row) -> list[tuple[float, float]]:
        numbers = _numbers(row, row.fields[_BOX:], "class x y width height and keypoints")
        points = [numbers[i : i + self.values] for i in range(0, len(numbers), self.values)]
        if self.values == 3:
            return [(x, y) for x, y, visible in points if visible > 0]
        return [(x, y) for x, y in points if x >= 0 and y >= 0]

    def _visibilities(self, row: Row) -> list[float]:
        return _numbers(row, row.fields[_BOX + 2 :: 3], "keypoints") if self.values == 3 else []

    def fits(self, rows: list[Row]) -> bool:
        """Whether the lines may be keypoints: boxes in the frame, visibilities 0, 1 or 2."""
        for row in rows:
            x, y, width, height = _numbers(row, row.fields[1:_BOX], "class x y width height")
            low, high = min(x - width / 2, y - height / 2), max(x + width / 2, y + height / 2)
            if low < -_TOLERANCE or high > 1 + _TOLERANCE:
                return False
            if not set(self._visibilities(row)) <= {0.0, 1.0, 2.0}:
                return False
        return True

    def is_certain(self, rows: list[Row]) -> bool:
        """Whether a value is a visibility because it cannot be a fraction of the frame."""
        return any(2.0 in self._visibilities(row) for row in rows)
