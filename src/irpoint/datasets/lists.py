"""Split lists: text files with one frame name per line."""

from __future__ import annotations

import re
from pathlib import Path

from irpoint.datasets.images import without_suffix
from irpoint.errors import DatasetError
from irpoint.frames.find import natural_key

# If two folders have a list of the same name, the first one is used.
SPLIT_FOLDERS = ("img_idx", "idx_427", "splits", "50_50", "ImageSets/Main")


def split_lists(root: Path) -> dict[str, tuple[str, ...]]:
    """The names in each split list of the folder ``root``; empty if it has no lists.

    Raises:
        DatasetError: if a list is not UTF-8 text.
    """
    lists: dict[str, tuple[str, ...]] = {}
    for folder in SPLIT_FOLDERS:
        for path in sorted((root / folder).glob("*.txt"), key=lambda path: natural_key(path.name)):
            if path.stem not in lists:
                lists[path.stem] = _read_list(path)
    return lists


def _read_list(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read as a list of names ({error})") from error
    lines = (line.strip().replace("\\", "/") for line in text.splitlines())
    # In VOC's lists of one class, a flag at the end of each line is 1 if the class is present.
    if path.parent.name == "Main":
        lines = (re.sub(r"\s+-?[01]$", "", line) for line in lines)
    return tuple(without_suffix(line) for line in lines if line)
