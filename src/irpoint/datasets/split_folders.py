"""Datasets whose splits are folders: ``train/``, ``valid/`` and ``test/``, each with its labels.

Roboflow exports every format like this. Each folder may have any layout that irpoint reads.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from irpoint.datasets.images import has_images
from irpoint.datasets.layout import OpenedLayout
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, IrpointWarning

SPLIT_NAMES = ("train", "valid", "val", "validation", "test")
# With one of these, the folders named after splits are parts of another layout.
_OTHERS = ("images", "labels", "masks", "annotations", "JPEGImages")


def open_split_folders(
    root: Path, open_folder: Callable[[Path], OpenedLayout | None]
) -> OpenedLayout | None:
    """Open a folder whose splits are folders; None if ``root`` is not one.

    A frame has the name that it has in its folder or, if two folders have the name, ``train/NAME``.

    Args:
        root: the dataset folder.
        open_folder: opens one of the folders, or returns None if its layout is unknown.

    Raises:
        DatasetError: if the folders have different layouts, or if a folder cannot be opened.

    Warns:
        IrpointWarning: if a folder with images has no labels, and is skipped.
    """
    inside = {path.name.lower(): path for path in sorted(root.iterdir()) if path.is_dir()}
    if inside.keys() & {name.lower() for name in _OTHERS}:
        return None
    folders = {name: inside[name] for name in SPLIT_NAMES if name in inside}
    tried = {name: open_folder(path) for name, path in folders.items() if has_images(path)}
    parts = {name: opened for name, opened in tried.items() if opened is not None}
    if not parts:
        return None
    for name in tried.keys() - parts.keys():
        warnings.warn(
            f"{folders[name]}: has images but no labels; the folder is skipped",
            IrpointWarning,
            stacklevel=3,
        )
    layouts = {opened.layout for opened in parts.values()}
    if len(layouts) > 1:
        found = ", ".join(f"{name}/ {opened.layout}" for name, opened in parts.items())
        raise DatasetError(f"{root}: its folders have different layouts ({found}); export one")
    return _joined(root, parts, layouts.pop())


def _joined(root: Path, parts: dict[str, OpenedLayout], layout: str) -> OpenedLayout:
    count = Counter(name for opened in parts.values() for name in opened.names)
    frames: dict[str, tuple[OpenedLayout, str]] = {}
    splits: dict[str, tuple[str, ...]] = {}
    for split, opened in parts.items():
        outer = [name if count[name] == 1 else f"{split}/{name}" for name in opened.names]
        frames |= zip(outer, ((opened, name) for name in opened.names), strict=True)
        splits[split] = tuple(outer)

    def find(name: str) -> Path:
        if name not in frames:
            raise DatasetError(f"{root}: no image '{name}' in {', '.join(parts)}; check the name")
        opened, inner = frames[name]
        return opened.find(inner)

    def read(names: Sequence[str]) -> list[LabelledFrame]:
        found: dict[str, LabelledFrame] = {}
        for opened in parts.values():
            wanted = {frames[name][1]: name for name in names if frames[name][0] is opened}
            for inner, frame in zip(wanted, opened.read(list(wanted)), strict=True):
                found[wanted[inner]] = replace(frame, name=wanted[inner], dataset=root.name)
        return [found[name] for name in names]

    return OpenedLayout(
        root,
        tuple(frames),
        splits,
        find,
        read,
        one_label_file=any(opened.one_label_file for opened in parts.values()),
        unlabelled=sum(opened.unlabelled for opened in parts.values()),
        layout=layout,
    )
