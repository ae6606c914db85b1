"""The ``data.yaml`` of a YOLO dataset, as Ultralytics and Roboflow write it.

Only a few top-level keys are needed, so no YAML library is: single values, lists in brackets and
lists with a dash in front of each entry are read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from irpoint.datasets.text import read_text
from irpoint.errors import DatasetError

_SPLITS = ("train", "val", "valid", "test")
_MARKS = {"names", "nc", "train", "val", "kpt_shape"}  # a file with one of them is a data.yaml


@dataclass(frozen=True)
class DataYaml:
    """What irpoint uses of a ``data.yaml``.

    Attributes:
        path: the file.
        keypoints: number of keypoints of an object, and of values per keypoint (2: x y; 3: x y
            visibility). None if the objects have no keypoints.
        splits: the entries of each split as written: folders, or text files that list images.
        base: the folder that the file gives for relative entries; "" if it gives none.
    """

    path: Path
    keypoints: tuple[int, int] | None
    splits: Mapping[str, tuple[str, ...]]
    base: str = ""

    def locate(self, entry: str) -> Path | None:
        """The file or folder of an entry of a split; None if it does not exist.

        Paths in the file are often those of another machine, or start with one ``../`` too many.
        """
        folder = self.path.parent
        entry = entry.replace("\\", "/")
        for path in (
            folder / self.base.replace("\\", "/") / entry,
            folder / entry,
            folder / re.sub(r"^(\.\./)+", "", entry),
        ):
            if os.path.exists(path):  # noqa: PTH110 (a Path raises if the name is too long)
                return path.resolve()
        return None


def find_data_yaml(root: Path) -> DataYaml | None:
    """The ``data.yaml`` of a folder, or of the folder above a split folder; None if there is none.

    A file of any other name counts too if it is the only one with the keys of a ``data.yaml``.

    Raises:
        DatasetError: if a file cannot be read, or its ``kpt_shape`` is wrong.
    """
    folders = [root]
    if root.name.lower() in _SPLITS or root.name.lower() == "validation":
        folders.append(root.parent)
    for folder in folders:
        for name in ("data.yaml", "data.yml"):
            if (folder / name).is_file():
                return _parse(folder / name)
        files = sorted((*folder.glob("*.yaml"), *folder.glob("*.yml")))
        marked = [path for path in files if _MARKS & _values(path).keys()]
        if len(marked) == 1:
            return _parse(marked[0])
    return None


def _parse(path: Path) -> DataYaml:
    values = _values(path)
    shape = values.get("kpt_shape")
    keypoints = None
    if shape:
        numbers = [int(value) for value in shape if value.isdecimal()]
        if len(numbers) != 2 or len(shape) != 2 or numbers[0] < 1 or numbers[1] not in (2, 3):
            raise DatasetError(
                f"{path}: kpt_shape [{', '.join(shape)}] is not the number of keypoints and 2 "
                "(x y) or 3 (x y visibility); correct it"
            )
        keypoints = (numbers[0], numbers[1])
    splits = {name: tuple(values[name]) for name in _SPLITS if values.get(name)}
    return DataYaml(path, keypoints, splits, "".join(values.get("path", [])))


def _values(path: Path) -> dict[str, list[str]]:
    """The top-level keys of a file, each with its single value or with the entries of its list."""
    values: dict[str, list[str]] = {}
    entries: list[str] = []
    open_list = ""
    for line in read_text(path, "YAML").splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).rstrip()
        if open_list:  # a list in brackets may span several lines
            open_list += " " + line.strip()
        elif key := re.match(r"([\w-]+)\s*:(?:\s+(.*))?$", line):
            entries = values[key[1]] = []
            value = (key[2] or "").strip()
            if not value.startswith("["):
                entries += [_plain(value)] if value else []
                continue
            open_list = value
        elif item := re.match(r"\s*-\s+(.*)$", line):
            entries.append(_plain(item[1]))
        if open_list.endswith("]"):
            entries += [_plain(part) for part in open_list[1:-1].split(",") if part.strip()]
            open_list = ""
    return values


def _plain(text: str) -> str:
    return text.strip().strip("'\"")
