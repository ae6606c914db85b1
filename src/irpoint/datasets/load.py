"""Load a dataset folder of any layout. :data:`LAYOUTS` is the table of layouts."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from irpoint.datasets.auto_split import SplitLists
from irpoint.datasets.coco import coco_files, open_coco
from irpoint.datasets.csv_points import open_csv
from irpoint.datasets.cvat import cvat_files, open_cvat
from irpoint.datasets.fiftyone import fiftyone_files, open_fiftyone
from irpoint.datasets.images import without_suffix
from irpoint.datasets.label_studio import label_studio_files, open_label_studio
from irpoint.datasets.labelme import labelme_files, open_labelme
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.masks import open_masks
from irpoint.datasets.record import Dataset, LabelledFrame
from irpoint.datasets.sirst_v2 import open_sirst_v2
from irpoint.datasets.split_folders import open_split_folders
from irpoint.datasets.via import open_via, via_files
from irpoint.datasets.voc import open_voc
from irpoint.datasets.yolo import open_yolo, open_yolo_beside
from irpoint.errors import DatasetError, IrpointWarning, UnknownLayoutError


class Layout(NamedTuple):
    """A row of the table of layouts.

    Attributes:
        open: opens a folder, or returns None if the folder is of another layout.
        truth: the kind of labels that the layout has; None if it has both.
        marks: the files by which the layout is recognised, for the error if there are none.
        files: returns the label files, if another tool's may lie beside them.
    """

    open: Callable[[Path, Truth], OpenedLayout | None]
    truth: Truth | None
    marks: str = ""
    files: Callable[[Path], Sequence[Path]] | None = None


LAYOUTS = {
    "sirst-v2": Layout(open_sirst_v2, None, "annotations/masks/"),
    "masks": Layout(open_masks, "mask", "masks/ or IRSTD1k_Label/"),
    "coco": Layout(open_coco, "centroids", "a .json with 'images' and 'annotations'", coco_files),
    "fiftyone": Layout(open_fiftyone, "centroids", "a .json with 'samples'", fiftyone_files),
    "cvat": Layout(open_cvat, "centroids", "an .xml with <annotations>", cvat_files),
    "label-studio": Layout(
        open_label_studio, "centroids", "a .json list of tasks", label_studio_files
    ),
    "labelme": Layout(open_labelme, "centroids", "a .json with 'shapes'", labelme_files),
    "via": Layout(open_via, "centroids", "a .json with 'regions'", via_files),
    "voc": Layout(open_voc, "centroids", "Annotations/*.xml"),
    "yolo": Layout(open_yolo, "centroids", "labels/*.txt"),
    "yolo-beside": Layout(open_yolo_beside, "centroids", "a .txt beside each image"),
    "csv": Layout(open_csv, "centroids", "a .csv"),
}
"""The layouts by name, in the order in which they are tried.

To add one, write a module with its ``open`` function and add a row here.
"""


def load_dataset(
    root: Path, split: str, truth: Truth = "mask", lists: SplitLists | None = None
) -> Dataset:
    """Load one split of a dataset folder.

    Args:
        root: the dataset folder. Its layout is recognised by its content.
        split: name of a list in the split folder of the layout (``img_idx/``, ``idx_427/``,
            ``splits/``, ``50_50/`` or ``ImageSets/Main/``), or of a subfolder of YOLO's
            ``images/``. In SIRST v2 ``train``, ``val`` and ``test`` are the ``_full`` lists.
            ``all`` is every image, unless a list has that name.
        truth: the labels to use if a folder has both masks and points: ``mask`` uses the
            components of the masks, ``centroids`` the stated points.
        lists: split lists for datasets that have none, such as those of a training run.

    Returns:
        The frames in the order of the list, with labels in frame pixels.

    Raises:
        DatasetError: if the folder, its layout, the split or a label is missing or wrong.
    """
    opened = open_dataset(root, truth)
    if not opened.divided and lists and opened.root.name in lists:
        given = {name: tuple(names) for name, names in lists[opened.root.name].items()}
        opened = replace(opened, splits={**opened.splits, **given})
    frames = read_labels(opened, split_names(opened, split))
    return Dataset(opened.root.name, opened.layout, split, tuple(frames), opened.corrects_others)


def open_dataset(root: Path, truth: Truth = "mask") -> OpenedLayout:
    """Recognise the layout of a dataset folder and index its frames.

    The folder has one of the layouts, or folders ``train/``, ``valid/`` or ``val/``, and ``test/``
    that each have one.

    Raises:
        DatasetError: if the folder is missing.
        UnknownLayoutError: if the folder has none of the known layouts.
    """
    root = Path(root).absolute()
    if root.is_file():
        raise DatasetError(f"{root}: is a file; give the folder that it is in (extract an archive)")
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder; give the folder of a dataset")
    opened = open_split_folders(root, lambda folder: _open_folder(folder, truth))
    opened = opened or _open_folder(root, truth)
    if opened is None:
        marks = "; ".join(f"{row.marks} ({name})" for name, row in LAYOUTS.items() if row.marks)
        raise UnknownLayoutError(
            f"{root}: not a known dataset layout; give a folder of one of these: "
            f"{', '.join(LAYOUTS)}. Looked for: {marks}"
        )
    for other in ("valid", "validation"):
        if other in opened.splits and "val" not in opened.splits:
            return replace(opened, splits={**opened.splits, "val": opened.splits[other]})
    return opened


def _open_folder(root: Path, truth: Truth) -> OpenedLayout | None:
    """The first layout that opens a folder; those with the wanted kind of labels come first."""
    for name in sorted(LAYOUTS, key=lambda name: LAYOUTS[name].truth not in (None, truth)):
        opened = LAYOUTS[name].open(root, truth)
        if opened is not None:
            if LAYOUTS[name].files is not None:
                _warn_of_other_tools(root, name)
            return replace(opened, layout=name)
    return None


def _warn_of_other_tools(root: Path, layout: str) -> None:
    for name, row in LAYOUTS.items():
        others = row.files(root) if row.files is not None and name != layout else ()
        if others:
            warnings.warn(
                f"{root}: the labels of {layout} are read, not those of {name} "
                f"({others[0].relative_to(root).as_posix()}); remove one of the two",
                IrpointWarning,
                stacklevel=5,
            )


def every_name(opened: OpenedLayout) -> tuple[str, ...]:
    """The names of all frames of a dataset.

    Warns:
        IrpointWarning: if the folder has images that are not part of the dataset.
    """
    if opened.unlabelled:
        warnings.warn(
            f"{opened.root}: {opened.unlabelled} images are not part of the dataset, because the "
            "labels do not list them",
            IrpointWarning,
            stacklevel=3,
        )
    return opened.names


def read_labels(opened: OpenedLayout, names: Sequence[str]) -> list[LabelledFrame]:
    """The named frames with their labels.

    Warns:
        IrpointWarning: if points of a frame lie exactly on one another.
    """
    frames = opened.read(names)
    copies = {f.name: len(f.points) - len(np.unique(f.points.xy, axis=0)) for f in frames}
    count = sum(copies.values())
    if count:
        example = next(name for name, copied in copies.items() if copied)
        warnings.warn(
            f"{opened.root}: {count} points lie exactly on another one of their frame, such as in "
            f"'{example}'; all are kept, remove the copies",
            IrpointWarning,
            stacklevel=3,
        )
    return frames


def split_names(opened: OpenedLayout, split: str) -> tuple[str, ...]:
    """The names of the frames of a split, each image once.

    Raises:
        DatasetError: if there is no such split, or if its list is empty.

    Warns:
        IrpointWarning: if the list names an image twice.
    """
    if split not in opened.splits:
        if split == "all":
            return every_name(opened)
        known = ", ".join([*opened.splits, "all"])
        raise DatasetError(f"{opened.root}: no split '{split}'; choose one of: {known}")
    listed = opened.splits[split]
    if not listed:
        raise DatasetError(f"{opened.root}: the list '{split}' is empty; name the images in it")
    # If an image has two names, the first one is used.
    found = {opened.find(name): name for name in reversed(listed)}
    names = tuple(_inner_name(name, image, opened) for image, name in found.items())[::-1]
    if len(names) < len(listed):
        warnings.warn(
            f"{opened.root}: the list '{split}' names {len(listed) - len(names)} images twice; "
            "each counts once",
            IrpointWarning,
            stacklevel=3,
        )
    return names


def _inner_name(name: str, image: Path, opened: OpenedLayout) -> str:
    """The name of a frame; a list may name it by a path that starts outside the dataset."""
    parts = name.split("/")
    if "" in parts or "." in parts or ".." in parts or ":" in parts[0]:
        return without_suffix(image.relative_to(opened.root).as_posix())
    return name
