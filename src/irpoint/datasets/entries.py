"""Datasets whose label files name their images: the files of annotation tools.

A module of such a layout turns its files into one :class:`Entry` per image; :func:`open_entries`
finds the images and reads the labels of the frames that are wanted.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from irpoint.datasets.images import Images, without_suffix
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout
from irpoint.datasets.lists import split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.shapes import Target
from irpoint.errors import DatasetError, IrpointWarning

Shape = tuple[int, int]
LeftOut = Counter[str]

# Tools round, so a click on the last edge may be written just outside.
_ROUNDING = 0.01


@dataclass(frozen=True)
class Entry:
    """An image of a label file.

    Attributes:
        image: its name or path as stated.
        source: the label file, for error messages.
        targets: returns its targets, given the (height, width) of the image. It counts what has no
            position in the second argument, under a name in the plural.
        size: (width, height) as stated; None if it is not stated.
        subset: name of the split that it belongs to; empty if the file states none.
        names: other names of the image file, tried after ``image``.
    """

    image: str
    source: Path
    targets: Callable[[Shape, LeftOut], list[Target]]
    size: tuple[float, float] | None = None
    subset: str = ""
    names: tuple[str, ...] = ()


def tool_images(root: Path) -> Images:
    """The images of an export: those in ``images/``, or in ``root`` if there is no such folder.

    Raises:
        DatasetError: if there are none.
    """
    folder = root / "images" if (root / "images").is_dir() else root
    try:
        return Images(folder)
    except DatasetError as error:
        raise DatasetError(
            f"{folder}: labels but no images; export them with the images, or copy the images into "
            "images/"
        ) from error


def open_entries(root: Path, images: Images, entries: Iterable[Entry]) -> OpenedLayout:
    """The dataset of the entries.

    An image that several files list has to have the same labels in all of them. Subsets are splits,
    except for a subset ``default``, unless the folder has a split list of that name.

    Raises:
        DatasetError: if one file lists an image twice.
    """
    names: dict[str, None] = {}
    subsets: dict[str, dict[str, None]] = {}
    listed: dict[Path, list[Entry]] = {}
    for entry in entries:
        image = find_image(images, entry)
        name = without_suffix(entry.image) if image is None else images.name_of(image)
        names[name] = None
        if entry.subset not in ("", "default"):
            subsets.setdefault(entry.subset, {})[name] = None
        if image is not None:
            others = listed.setdefault(image, [])
            if any(other.source == entry.source for other in others):
                raise DatasetError(
                    f"{entry.source}: two entries for the image '{entry.image}'; merge them"
                )
            others.append(entry)

    def read(wanted: Sequence[str]) -> list[LabelledFrame]:
        frames = []
        left_out: LeftOut = Counter()
        for name in wanted:
            image = images.find(name)
            if image not in listed:
                raise DatasetError(f"{root}: no entry for the image '{name}'; add it to the labels")
            frames.append(_read_frame(name, image, listed[image], root.name, left_out))
        if left_out:
            counts = ", ".join(f"{count} {kind}" for kind, count in left_out.items())
            warnings.warn(
                f"{root}: left out because they give no point: {counts}",
                IrpointWarning,
                stacklevel=2,
            )
        return frames

    splits = {subset: tuple(members) for subset, members in subsets.items()}
    return OpenedLayout(
        root,
        tuple(names),
        splits | split_lists(root),
        images.find,
        read,
        one_label_file=True,
        unlabelled=len(images.names()) - len(listed),
    )


def find_image(images: Images, entry: Entry) -> Path | None:
    """The image file of an entry, or None.

    A stated path may begin with folders of another machine, which are ignored. If folders remain,
    they have to agree with those of the file.

    Raises:
        DatasetError: if several files have the name.
    """
    stated = [f"{entry.subset}/{entry.image}"] if entry.subset else []
    for name in (*stated, entry.image, *entry.names):
        parts = name.replace("\\", "/").split("/")
        for start in range(len(parts)):
            tail = "/".join(parts[start:])
            found = images.get(tail) if tail else None
            if found is None:
                continue
            inside = without_suffix(found.relative_to(images.folder).as_posix())
            if len(parts) == 1 or without_suffix(tail).endswith(inside):
                return found
    return None


def _read_frame(
    name: str, image: Path, entries: Sequence[Entry], dataset: str, left_out: LeftOut
) -> LabelledFrame:
    shape = height, width = image_shape(image)
    versions = []
    for entry in entries:
        if entry.size is not None and entry.size != (width, height):
            stated = "x".join(f"{side:g}" for side in entry.size)
            turned = " (turned by its EXIF orientation?)" if entry.size == (height, width) else ""
            raise DatasetError(
                f"{entry.source}: {image.name} is stated as {stated}{turned} but is "
                f"{width}x{height}; give the image that was annotated"
            )
        versions.append(entry.targets(shape, left_out))
    positions = [sorted(target[:2] for target in targets) for targets in versions]
    for entry, stated_xy in zip(entries, positions, strict=True):
        if stated_xy != positions[0]:
            raise DatasetError(
                f"{entry.source}: other labels of the image '{name}' than in {entries[0].source}; "
                "keep one of the two"
            )
    targets = versions[0]
    xy = np.array([target[:2] for target in targets], float).reshape(-1, 2)
    inside = np.clip(xy, -0.5, (width - 0.5, height - 0.5))
    xy = np.where(np.abs(xy - inside) <= _ROUNDING, inside, xy)
    extents = [target.extent for target in targets if target.extent is not None]
    known = extents if targets and len(extents) == len(targets) else None
    return labelled_frame(name, image, shape, xy, str(entries[0].source), dataset, known)
