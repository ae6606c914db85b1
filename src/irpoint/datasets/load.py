"""Load a data set folder, whatever its layout."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from irpoint.datasets.boxes import open_voc, open_yolo
from irpoint.datasets.coco import open_coco
from irpoint.datasets.csv_points import open_csv
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.masks import open_masks
from irpoint.datasets.record import Dataset
from irpoint.datasets.sirst_v2 import open_sirst_v2
from irpoint.errors import DatasetError, IrpointWarning, UnknownLayoutError

_Open = Callable[[Path, Truth], OpenedLayout | None]

_MASKS: tuple[_Open, ...] = (open_masks,)
_POINTS: tuple[_Open, ...] = (open_coco, open_voc, open_yolo, open_csv)


def load_dataset(root: Path, split: str, truth: Truth = "mask") -> Dataset:
    """Load one split of a data set folder.

    Args:
        root: the data set folder; its layout is told by what it holds.
        split: name of a list in the layout's split folder (``img_idx/``, ``idx_427/``, ``splits/``,
            ``50_50/``, ``ImageSets/Main/``) or of a subfolder of YOLO's ``images/``; in SIRST v2
            ``train``, ``val`` and ``test`` are the ``_full`` lists. ``all`` is every image, unless
            there is a list of that name.
        truth: what to take for truth where a folder has both: the components of the masks or the
            stated points. A folder with only one of them gives that one.

    Returns:
        The frames in the order of the list, with labels in frame pixels.

    Raises:
        DatasetError: where the folder, its layout, the split or a label is missing or wrong.
    """
    opened = open_dataset(root, truth)
    frames = opened.read(split_names(opened, split))
    return Dataset(opened.root.name, opened.layout, split, tuple(frames))


def open_dataset(root: Path, truth: Truth = "mask") -> OpenedLayout:
    """Recognise the layout of a data set folder and index it.

    Raises:
        DatasetError: if the folder is missing.
        UnknownLayoutError: if the folder has none of the known layouts.
    """
    root = Path(root).absolute()
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder; give the folder of a data set")
    either = (*_MASKS, *_POINTS) if truth == "mask" else (*_POINTS, *_MASKS)
    for open_layout in (open_sirst_v2, *either):
        opened = open_layout(root, truth)
        if opened is not None:
            return opened
    raise UnknownLayoutError(
        f"{root}: not the layout of a data set; give a folder with images/ and one of masks/, "
        "annotations/, labels/ or a CSV file"
    )


def split_names(opened: OpenedLayout, split: str) -> tuple[str, ...]:
    """The frames that a split of an opened data set holds, each once.

    Raises:
        DatasetError: where there is no such split, or it lists no image.
    """
    if split not in opened.splits:
        if split == "all":
            return opened.names
        known = ", ".join([*opened.splits, "all"])
        raise DatasetError(f"{opened.root}: no split '{split}'; there is {known}")
    listed = opened.splits[split]
    if not listed:
        raise DatasetError(f"{opened.root}: the list '{split}' is empty; name the images in it")
    names = tuple({opened.find(name): name for name in reversed(listed)}.values())[::-1]
    if len(names) < len(listed):
        warnings.warn(
            f"{opened.root}: the list '{split}' names {len(listed) - len(names)} images twice; "
            "each is taken once",
            IrpointWarning,
            stacklevel=3,
        )
    return names
