"""Load a data set folder, whatever its layout."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.masks import open_masks
from irpoint.datasets.record import Dataset
from irpoint.datasets.sirst_v2 import open_sirst_v2
from irpoint.errors import DatasetError, IrpointWarning

_LAYOUTS: tuple[Callable[[Path, Truth], OpenedLayout | None], ...] = (
    open_sirst_v2,
    open_masks,
)


def load_dataset(root: Path, split: str, truth: Truth = "mask") -> Dataset:
    """Load one split of a data set folder.

    Args:
        root: the data set folder; its layout is told by what it holds.
        split: name of a list in the layout's split folder (``img_idx/``, ``idx_427/``, ``splits/``,
            ``50_50/``); in SIRST v2 ``train``, ``val`` and ``test`` are the ``_full`` lists.
            ``all`` is every image, unless there is a list of that name.
        truth: what to take for truth where a folder has both: the components of the masks or the
            stated points. A folder with only one of them gives that one.

    Returns:
        The frames in the order of the list, with labels in frame pixels.

    Raises:
        DatasetError: where the folder, its layout, the split or a label is missing or wrong.
    """
    opened = open_dataset(root, truth)
    frames = opened.read(_names(opened, split))
    return Dataset(opened.root.name, opened.layout, split, tuple(frames))


def open_dataset(root: Path, truth: Truth = "mask") -> OpenedLayout:
    """Recognise the layout of a data set folder and index it.

    Raises:
        DatasetError: where the folder is missing or of no known layout.
    """
    root = Path(root).absolute()
    if not root.is_dir():
        raise DatasetError(f"{root}: no such folder; give the folder of a data set")
    for open_layout in _LAYOUTS:
        opened = open_layout(root, truth)
        if opened is not None:
            return opened
    raise DatasetError(
        f"{root}: not the layout of a data set; give a folder with images/ and one of masks/, "
        "annotations/, labels/ or a CSV file"
    )


def _names(opened: OpenedLayout, split: str) -> tuple[str, ...]:
    if split not in opened.splits:
        if split == "all":
            return opened.names
        known = ", ".join([*opened.splits, "all"])
        raise DatasetError(f"{opened.root}: no split '{split}'; there is {known}")
    listed = opened.splits[split]
    names = tuple(dict.fromkeys(listed))
    if len(names) < len(listed):
        warnings.warn(
            f"{opened.root}: the list '{split}' names {len(listed) - len(names)} images twice; "
            "each is taken once",
            IrpointWarning,
            stacklevel=3,
        )
    return names
