"""Convert a dataset of any layout to points, in the formats of :data:`POINT_FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from irpoint.datasets.coco import ANNOTATIONS, coco_json
from irpoint.datasets.csv_points import POINTS_FILE, csv_text
from irpoint.datasets.cvat import CVAT_FILE, cvat_xml
from irpoint.datasets.fiftyone import fiftyone_texts
from irpoint.datasets.frame_copy import copy_bytes, copy_suffix
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.load import every_name, open_dataset, read_labels, split_names
from irpoint.datasets.napari import napari_files
from irpoint.datasets.record import Dataset, LabelledFrame
from irpoint.datasets.yolo_pose import yolo_pose_files
from irpoint.errors import DatasetError, SettingsError, one_line
from irpoint.system.atomic import atomic_write, check_folder

_LIST_FOLDER = "img_idx"
NamedFrames = list[tuple[str, LabelledFrame]]
"""Frames, each with the name of its file under ``images/``."""
Lists = Mapping[str, Sequence[str]]
"""The names of those files in each split list."""


def _one_file(
    path: str | Path, text: Callable[[NamedFrames], str]
) -> Callable[[NamedFrames, Lists], dict[Path, str]]:
    return lambda frames, lists: {Path(path): text(frames)}


POINT_FORMATS: dict[str, Callable[[NamedFrames, Lists], dict[Path, str]]] = {
    "coco": _one_file(ANNOTATIONS, coco_json),
    "cvat": _one_file(CVAT_FILE, cvat_xml),
    "csv": _one_file(POINTS_FILE, csv_text),
    "fiftyone": fiftyone_texts,
    "napari": napari_files,
    "yolo-pose": yolo_pose_files,
}
"""The function of each format that writes its files, the one that is written last at the end.

To add a format, add a row.
"""


def convert(
    source: Path,
    destination: Path,
    to: str,
    split: str | None = None,
    truth: Truth = "mask",
) -> Dataset:
    """Write a dataset as points.

    The destination gets copies of the images (``images/``), the points
    (``annotations/annotations.json``, ``annotations.xml``, ``points.csv``, ``samples.json``, or
    ``labels/`` and ``data.yaml``) and the split lists (``img_idx/``). It loads like the source,
    under the same split names. The points are written last, so that an interrupted conversion does
    not load.

    Args:
        source: a dataset folder of any layout.
        destination: a folder that is empty or does not exist.
        to: the format to write, a key of :data:`POINT_FORMATS`.
        split: the split to convert; by default every image and every list.
        truth: as in :func:`irpoint.datasets.load_dataset`.

    Returns:
        The converted frames, as loaded from the source.

    Raises:
        SettingsError: if the format is unknown, or the destination is a file or not empty.
        DatasetError: if the source cannot be loaded, or if the destination cannot be written.
    """
    source, destination = Path(source), Path(destination)
    if to not in POINT_FORMATS:
        raise SettingsError(f"format {to}: choose one of {', '.join(POINT_FORMATS)}")
    check_folder(destination, empty=True)
    opened = open_dataset(source, truth)
    names = every_name(opened) if split is None else split_names(opened, split)
    frames = read_labels(opened, names)
    suffixes = {frame.image: copy_suffix(frame) for frame in frames}
    file_names = {frame.image: frame.name + suffixes[frame.image] for frame in frames}
    lists = opened.splits if split is None else {split: tuple(frame.name for frame in frames)}
    listed = {name: _members(opened, name, names, frames) for name, names in lists.items()}
    named = [(file_names[frame.image], frame) for frame in frames]
    file_of = {frame.name: file_names[frame.image] for frame in frames}
    files = {name: [file_of[member] for member in members] for name, members in listed.items()}
    texts = POINT_FORMATS[to](named, files)
    for frame in frames:
        _write(destination / "images" / file_names[frame.image], partial(copy_bytes, frame))
    for name, members in listed.items():
        _write(
            destination / _LIST_FOLDER / f"{name}.txt", "".join(f"{m}\n" for m in members).encode
        )
    for path, text in texts.items():
        _write(destination / path, text.encode)
    return Dataset(
        opened.root.name, opened.layout, split or "all", tuple(frames), opened.corrects_others
    )


def _members(
    opened: OpenedLayout, split: str, names: Sequence[str], frames: Sequence[LabelledFrame]
) -> list[str]:
    """The frames of a split list, by their names in the destination."""
    written = {frame.image: frame.name for frame in frames}
    images = [opened.find(name) for name in names]
    lost = next((image for image in images if image not in written), None)
    if lost is not None:
        raise DatasetError(f"{lost}: on the list '{split}' but without a label; add its label")
    return [written[image] for image in images]


def _write(target: Path, content: Callable[[], bytes]) -> None:
    try:
        atomic_write(target, content())
    except OSError as error:
        raise DatasetError(f"{target}: cannot be written ({one_line(error)})") from error
    except UnicodeEncodeError as error:
        name = error.object[max(error.start - 20, 0) : error.end + 20]
        raise DatasetError(
            f"{target}: a file name near {name!r} is not UTF-8; rename it"
        ) from error
