"""Split lists: text files with one frame name per line."""

from __future__ import annotations

import re
from pathlib import Path

from irpoint.datasets.images import without_suffix
from irpoint.datasets.text import read_text
from irpoint.frames.natural import natural_key

# If two folders have a list of the same name, the first one is used.
SPLIT_FOLDERS = ("img_idx", "idx_427", "splits", "50_50", "ImageSets/Main")
# In the dataset folder itself, only files of these names are lists.
ROOT_LISTS = ("train", "val", "valid", "validation", "test", "trainval")


def split_lists(root: Path) -> dict[str, tuple[str, ...]]:
    """The names in each split list of the folder ``root``; empty if it has no lists.

    Raises:
        DatasetError: if a list is not text in UTF-8, or in UTF-16 with a byte-order mark.
    """
    lists: dict[str, tuple[str, ...]] = {}
    for folder in SPLIT_FOLDERS:
        for path in sorted((root / folder).glob("*.txt"), key=lambda path: natural_key(path.name)):
            if path.stem not in lists and not path.name.startswith("."):
                lists[path.stem] = listed_names(path)
    for name in ROOT_LISTS:
        if name not in lists and (root / f"{name}.txt").is_file():
            lists[name] = listed_names(root / f"{name}.txt")
    return lists


def listed_names(path: Path) -> tuple[str, ...]:
    """The names in one list, without the suffixes of images.

    Raises:
        DatasetError: if the file is not text in UTF-8, or in UTF-16 with a byte-order mark.
    """
    lines = (line.strip() for line in read_text(path, "a list of names").splitlines())
    # In VOC's lists of one class, a flag at the end of each line is 1 if the class is present.
    if path.parent.name == "Main":
        lines = (re.sub(r"\s+-?[01]$", "", line) for line in lines)
    names = (line.strip("\"'").replace("\\", "/") for line in lines)
    return tuple(without_suffix(name) for name in names if name)
