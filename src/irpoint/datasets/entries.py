"""Datasets whose label files name their images: the files of annotation tools.

A module of such a layout turns its files into one :class:`Entry` per image; :func:`open_entries`
finds the images and reads the labels of the frames that are wanted.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from irpoint.datasets.images import Images, without_suffix
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.label_files import brief
from irpoint.datasets.layout import OpenedLayout
from irpoint.datasets.lists import split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.shapes import Target
from irpoint.datasets.shown_labels import shown_targets
from irpoint.errors import DatasetError, IrpointWarning
from irpoint.frames.numbered import numbered_path, split_number

FRAME_NAME = re.compile(r"frame_(\d{6,9})")
"""The name, without suffix, that CVAT gives a frame of a video."""

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
        splits: names of other splits that it belongs to, which say nothing of its folder.
    """

    image: str
    source: Path
    targets: Callable[[Shape, LeftOut], list[Target]]
    size: tuple[float, float] | None = None
    subset: str = ""
    names: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()


def tool_images(root: Path) -> Images:
    """The images of an export: those in ``images/``, or in ``root`` if there is no such folder.

    If there are none, the videos.

    Raises:
        DatasetError: if there are no videos either.
    """
    folder = root / "images" if (root / "images").is_dir() else root
    for videos in (False, True):
        with suppress(DatasetError):
            return Images(folder, videos)
    raise DatasetError(
        f"{folder}: labels but no images; export them with the images, or copy the images into "
        "images/"
    )


def only_video(images: Images) -> Path | None:
    """The video whose frames are labelled, if the images are one video."""
    names = images.names()
    first = images.find(names[0])
    return first if len(names) == 1 and images.is_video(first) else None


def open_entries(root: Path, images: Images, entries: Iterable[Entry]) -> OpenedLayout:
    """The dataset of the entries.

    An image that several files list has to have the same labels in all of them. Subsets are splits,
    except for a subset ``default``, unless the folder has a split list of that name.

    Raises:
        DatasetError: if one file lists an image twice.
    """
    index = _Index(root, images)
    for entry in entries:
        index.add(entry)
    subsets = {subset: tuple(names) for subset, names in index.subsets.items()}
    return OpenedLayout(
        root,
        tuple(index.found),
        subsets | split_lists(root),
        index.find,
        index.read,
        one_label_file=True,
        unlabelled=0 if index.video else len(images.names()) - len(index.listed),
    )


class _Index:
    """The entries by image.

    Attributes:
        video: the video whose frames the entries are, if it is one.
        found: the file of each name, None if it is missing.
        subsets: the names in each subset.
        listed: the entries of each file.
    """

    def __init__(self, root: Path, images: Images) -> None:
        self._root, self._images = root, images
        self.video = only_video(images)
        self.found: dict[str, Path | None] = {}
        self.subsets: dict[str, dict[str, None]] = {}
        self.listed: dict[Path, list[Entry]] = {}

    def add(self, entry: Entry) -> None:
        image = _frame_of(self.video, entry) if self.video else find_image(self._images, entry)
        name = without_suffix(entry.image) if image is None else _name(self._images, image)
        self.found[name] = image
        for subset in (entry.subset, *entry.splits):
            if subset not in ("", "default"):
                self.subsets.setdefault(subset, {})[name] = None
        if image is not None:
            others = self.listed.setdefault(image, [])
            if any(other.source == entry.source for other in others):
                raise DatasetError(
                    f"{entry.source}: two entries for the image '{brief(entry.image)}'; merge them"
                )
            others.append(entry)

    def find(self, name: str) -> Path:
        image = self.found.get(name) or self._images.get(name)
        if image is None and name in self.found:
            missing = sum(image is None for image in self.found.values())
            raise DatasetError(
                f"{self._images.folder}/{brief(name)}: no such image; {missing} of "
                f"{len(self.found)} images of the labels are missing; add them, or remove their "
                "entries"
            )
        return image or self._images.find(name)

    def read(self, names: Sequence[str]) -> list[LabelledFrame]:
        frames = []
        left_out: LeftOut = Counter()
        shapes: dict[Path, Shape] = {}
        for name in names:
            image = self.find(name)
            if image not in self.listed:
                raise DatasetError(
                    f"{self._root}: no entry for the image '{brief(name)}'; add it to the labels"
                )
            # The frames of a video have one shape.
            file = split_number(image)[0]
            shapes[file] = shapes.get(file) or image_shape(image)
            entries = self.listed[image]
            frames.append(_read_frame(name, image, shapes[file], entries, self._root, left_out))
        if left_out:
            counts = ", ".join(f"{count} {kind}" for kind, count in left_out.items())
            warnings.warn(
                f"{self._root}: left out because they give no point: {counts}",
                IrpointWarning,
                stacklevel=2,
            )
        return frames


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


def _frame_of(video: Path, entry: Entry) -> Path | None:
    match = FRAME_NAME.fullmatch(without_suffix(entry.image).rpartition("/")[2])
    return numbered_path(video, int(match[1])) if match else None


def _name(images: Images, image: Path) -> str:
    file, number = split_number(image)
    return images.name_of(file) + ("" if number is None else f"#{number}")


def _read_frame(
    name: str,
    image: Path,
    shape: Shape,
    entries: Sequence[Entry],
    root: Path,
    left_out: LeftOut,
) -> LabelledFrame:
    height, width = shape
    versions = [_targets(entry, image, shape, left_out) for entry in entries]
    positions = [sorted(target[:2] for target in targets) for targets in versions]
    for entry, stated_xy in zip(entries, positions, strict=True):
        if stated_xy != positions[0]:
            raise DatasetError(
                f"{entry.source}: other labels of the image '{brief(name)}' than in "
                f"{entries[0].source}; keep one of the two"
            )
    targets = versions[0]
    xy = np.array([target[:2] for target in targets], float).reshape(-1, 2)
    inside = np.clip(xy, -0.5, (width - 0.5, height - 0.5))
    xy = np.where(np.abs(xy - inside) <= _ROUNDING, inside, xy)
    extents = [target.extent for target in targets if target.extent is not None]
    known = extents if targets and len(extents) == len(targets) else None
    tracks = [target.track for target in targets]
    return labelled_frame(name, image, shape, xy, str(entries[0].source), root.name, known, tracks)


def _targets(entry: Entry, image: Path, shape: Shape, left_out: LeftOut) -> list[Target]:
    height, width = shape
    if entry.size is None or entry.size == (width, height):
        return entry.targets(shape, left_out)
    shown = shown_targets(image, shape, entry.size, lambda seen: entry.targets(seen, left_out))
    if shown is None:
        stated = "x".join(f"{side:g}" for side in entry.size)
        turned = " (turned by hand?)" if entry.size == (height, width) else ""
        raise DatasetError(
            f"{entry.source}: {image.name} is stated as {stated}{turned} but is "
            f"{width}x{height}; give the image that was annotated"
        )
    return shown
