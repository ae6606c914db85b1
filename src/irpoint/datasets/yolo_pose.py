"""Write a dataset in YOLO-pose, with one keypoint per target."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from irpoint.datasets.extent import Extent
from irpoint.datasets.images import without_suffix
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import IrpointWarning

# YOLO needs a box. The trainer of Ultralytics drops boxes of two pixels and less.
_SIDE = 5.0
_YAML = """\
# Point targets: one keypoint per object. Values are fractions of the frame from its outer corner.
path: .
{splits}
kpt_shape: [1, 3]
flip_idx: [0]
names:
  0: target
"""


def yolo_pose_files(
    frames: Sequence[tuple[str, LabelledFrame]], lists: Mapping[str, Sequence[str]]
) -> dict[Path, str]:
    """The label files, the lists of image paths that Ultralytics needs, and ``data.yaml``.

    Args:
        frames: each with its file name under ``images/``.
        lists: the file names in each split list.

    Returns:
        The text of each file, ``data.yaml`` last. A frame without targets has an empty label file.

    Warns:
        IrpointWarning: if targets have track numbers, for which YOLO-pose has no field.
    """
    if any(frame.tracks for _, frame in frames):
        warnings.warn(
            "YOLO-pose has no field for track numbers; they are left out (csv, coco and cvat keep "
            "them)",
            IrpointWarning,
            stacklevel=3,
        )
    files = {
        Path("labels") / f"{without_suffix(file_name)}.txt": "".join(_lines(frame))
        for file_name, frame in frames
    }
    splits = {name: f"{name}.txt" for name in ("train", "val", "test") if name in lists}
    for name, path in splits.items():
        files[Path(path)] = "".join(f"./images/{file_name}\n" for file_name in lists[name])
    stated = {"train": "images", "val": "images"} | splits
    text = "\n".join(f"{name}: {entry}" for name, entry in stated.items())
    files[Path("data.yaml")] = _YAML.format(splits=text)
    return files


def _lines(frame: LabelledFrame) -> list[str]:
    height, width = frame.shape
    half = _SIDE / 2
    lines = []
    for index, (x, y) in enumerate(frame.points.xy.astype(float).tolist()):
        extent = Extent.of_box(x - half, y - half, x + half, y + half)
        if frame.extents is not None:
            extent = frame.extents[index]
        # Fractions of the frame from its outer corner; the box is cut at the edge of the frame.
        left, right = (_inside(edge + 0.5, width) for edge in (extent.low[0], extent.high[0]))
        top, bottom = (_inside(edge + 0.5, height) for edge in (extent.low[1], extent.high[1]))
        box = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
        values = (*box, (x + 0.5) / width, (y + 0.5) / height)
        lines.append(f"0 {' '.join(map(repr, values))} 2\n")
    return lines


def _inside(edge: float, side: int) -> float:
    return float(min(max(edge / side, 0.0), 1.0))
