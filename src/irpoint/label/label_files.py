"""From labels to a data set that ``irpoint train`` takes: images, points, split lists."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from irpoint.datasets.coco import ANNOTATIONS, coco_json
from irpoint.datasets.csv_points import POINTS_FILE, csv_text
from irpoint.datasets.images import without_suffix
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, FrameError, one_line
from irpoint.frames.arrays import Frame
from irpoint.label.catalogue import Catalogue, FrameEntry
from irpoint.label.labels import FrameLabels
from irpoint.points import Points
from irpoint.system.atomic import atomic_write

VAL_SHARE = 0.2
_OF_TRAIN_AND_VAL = {"trainval", "all"}  # lists that hold nothing out
_BLOCK = 100  # frames of one file that go into the same list: neighbours look alike


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        folder: the data set.
        frames, targets: how many.
        lists: number of frames on each split list, ``train`` and ``val`` first.
        skipped: one line on each frame that could not be read.
    """

    folder: Path
    frames: int
    targets: int
    lists: dict[str, int]
    skipped: list[str]


def export(
    catalogue: Catalogue, decided: Iterable[tuple[FrameEntry, FrameLabels]], folder: Path
) -> Exported:
    """Write the frames that are decided as a data set; what was exported before is replaced.

    The folder gets ``images/``, ``annotations/annotations.json`` (COCO keypoints), ``points.csv``
    and the lists in ``img_idx/``. Images are copied as they are; frames of videos and stacks become
    PNG (or .npy, where PNG lacks the depth). A frame stays on its lists for ever: those of the data
    set or, where it is on none, ``train`` or ``val`` by a hash of its name, by blocks of a file.

    Raises:
        DatasetError: where no frame is decided, or the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    named: list[tuple[str, LabelledFrame]] = []
    entries: list[FrameEntry] = []
    skipped: list[str] = []
    taken: set[str] = set()
    for entry, labels in decided:
        try:
            frame = catalogue.read(entry)
        except FrameError as error:
            skipped.append(str(error))
            continue
        file_name = _file_name(entry, frame, taken)
        target = folder / "images" / file_name
        _write_image(entry, frame, target)
        name = without_suffix(file_name)
        xy = np.array([(p.x, p.y) for p in labels.points], float).reshape(-1, 2)
        xy = np.clip(xy, -0.5, np.array(frame.shape[::-1]) - 0.5)
        shape = (frame.shape[0], frame.shape[1])
        named.append(
            (file_name, LabelledFrame(name, target, shape, Points.labels(xy), folder.name))
        )
        entries.append(entry)
    if not named:
        raise DatasetError("no frame is decided yet: press Enter on one whose points are all set")
    lists = _split_lists(catalogue, entries, [frame.name for _, frame in named])
    try:
        for split, names in lists.items():
            atomic_write(folder / "img_idx" / f"{split}.txt", "".join(f"{n}\n" for n in names))
        atomic_write(folder / POINTS_FILE, csv_text(named))
        atomic_write(folder / ANNOTATIONS, coco_json(named))
        _remove_all_but(folder / "img_idx", {f"{split}.txt" for split in lists})
        _remove_all_but(folder / "images", {file_name for file_name, _ in named})
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be written ({one_line(error)})") from error
    targets = sum(len(frame.points) for _, frame in named)
    counts = {split: len(names) for split, names in lists.items()}
    return Exported(folder, len(named), targets, counts, skipped)


def _file_name(entry: FrameEntry, frame: Frame, taken: set[str]) -> str:
    """Path under ``images/``; unique without its suffix too, since lists name frames so."""
    if entry.stacked:
        base = entry.name.removesuffix(f"#{entry.index}")
        name = f"{base}-{entry.index:06d}{_suffix(frame)}"
    else:
        name = (entry.label_name or without_suffix(entry.name)) + entry.path.suffix
    stem, suffix = without_suffix(name).removeprefix("images/"), Path(name).suffix
    while stem in taken:
        stem = f"{stem}-{entry.path.suffix[1:]}"
    taken.add(stem)
    return stem + suffix


def _suffix(frame: Frame) -> str:
    return ".png" if frame.dtype in (np.uint8, np.uint16) else ".npy"


def _write_image(entry: FrameEntry, frame: Frame, target: Path) -> None:
    """Write a frame, unless it is there as of the time of its file."""
    try:
        written = entry.path.stat().st_mtime_ns
        if target.exists() and target.stat().st_mtime_ns == written:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if entry.stacked:
            stream = io.BytesIO()
            if target.suffix == ".png":
                Image.fromarray(frame).save(stream, "PNG", compress_level=1)
            else:
                np.save(stream, frame)
            atomic_write(target, stream.getvalue())
            os.utime(target, ns=(written, written))
        else:
            part = target.with_name(f".{target.name}.part")
            shutil.copy2(entry.path, part)
            part.replace(target)
    except OSError as error:
        raise DatasetError(f"{target}: cannot be written ({one_line(error)})") from error


def _remove_all_but(folder: Path, kept: set[str]) -> None:
    """Remove what earlier exports have left: two pictures of a name cannot be told apart."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # not empty
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in kept:
            path.unlink()


def _split_lists(
    catalogue: Catalogue, entries: list[FrameEntry], names: list[str]
) -> dict[str, list[str]]:
    stated = _stated_lists(catalogue)
    lists: dict[str, list[str]] = {"train": [], "val": [], **{split: [] for split in stated}}
    for entry, name in zip(entries, names, strict=True):
        on = [split for split, paths in stated.items() if entry.path in paths]
        if set(on) <= _OF_TRAIN_AND_VAL:
            on.append(_by_hash(entry))
        for split in on:
            lists[split].append(name)
    # A list needs a frame to be a list; with one frame, training and choosing see the same.
    for empty, full in (("val", "train"), ("train", "val")):
        if not lists[empty]:
            lists[empty] = [lists[full].pop()] if len(lists[full]) > 1 else list(lists[full])
    return {split: listed for split, listed in lists.items() if listed}


def _stated_lists(catalogue: Catalogue) -> dict[str, set[Path]]:
    """The lists of the data set, as the files of their frames."""
    dataset = catalogue.dataset
    lists: dict[str, set[Path]] = {}
    if dataset is None:
        return lists
    for split, names in dataset.splits.items():
        lists[split] = set()
        for name in names:
            with suppress(DatasetError):  # a list may name what is not there
                lists[split].add(dataset.find(name))
    return lists


def _by_hash(entry: FrameEntry) -> str:
    block = f"{entry.sequence}#{entry.index // _BLOCK}" if entry.stacked else entry.name
    value = int.from_bytes(hashlib.sha1(block.encode()).digest()[:4], "big") / 2**32
    return "val" if value < VAL_SHARE else "train"
