"""Write the labels of a session as a dataset that ``irpoint train`` reads."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from irpoint.datasets.coco import ANNOTATIONS, coco_json
from irpoint.datasets.csv_points import POINTS_FILE, csv_text
from irpoint.datasets.images import without_suffix
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.track_numbers import known_tracks
from irpoint.errors import DatasetError, FrameError, one_line
from irpoint.frames.arrays import Frame
from irpoint.frames.numbered import numbered_path
from irpoint.label.catalogue import Catalogue, FrameEntry
from irpoint.label.labels import FrameLabels
from irpoint.points import Points
from irpoint.system.atomic import atomic_write

VAL_SHARE = 0.2
_TRAIN_AND_VAL_LISTS = {"trainval", "all"}  # lists that do not decide between train and val
_BLOCK = 100  # consecutive frames of a file are kept in one list, because neighbours look alike


@dataclass(frozen=True)
class WrittenDataset:
    """A dataset that was written.

    Attributes:
        folder: the dataset.
        frames, targets: number of each.
        imported: number of frames whose labels came with the dataset and were not reviewed.
        lists: number of frames in each split list, ``train`` and ``val`` first.
        skipped: one line for each frame that could not be read.
        names: name in the dataset of each frame, by its name on the page.
    """

    folder: Path
    frames: int
    targets: int
    imported: int
    lists: dict[str, int]
    skipped: list[str]
    names: dict[str, str]


def write_dataset(
    catalogue: Catalogue, labelled: Iterable[tuple[FrameEntry, FrameLabels]], folder: Path
) -> WrittenDataset:
    """Write labelled frames as a dataset; the files of an earlier call are replaced.

    The folder gets ``images/``, ``annotations/annotations.json`` (COCO keypoints), ``points.csv``
    and split lists in ``img_idx/``. Image files are copied unchanged; frames of videos and stacks
    become PNG (.npy if PNG does not support their type).

    A frame never changes its split list. It stays in the lists of its dataset; a frame that has
    none is assigned by :func:`split_of`.

    Raises:
        DatasetError: if there is no frame, or the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[tuple[str, LabelledFrame]] = []
    entries: list[FrameEntry] = []
    skipped: list[str] = []
    used: set[str] = set()
    imported = 0
    for entry, labels in labelled:
        try:
            frame = catalogue.read(entry)
        except FrameError as error:
            skipped.append(str(error))
            continue
        file_name = _file_name(entry, frame, used)
        path = folder / "images" / file_name
        _write_image(entry, frame, path)
        points = _points(labels, frame)
        shape = (frame.shape[0], frame.shape[1])
        name = without_suffix(file_name)
        tracks = known_tracks([point.track for point in labels.points])
        record = LabelledFrame(name, path, shape, points, folder.name, tracks=tracks)
        written.append((file_name, record))
        entries.append(entry)
        imported += labels.state == "imported"
    if not written:
        raise DatasetError(
            "no frame is decided yet: press Enter on a frame whose points are complete"
        )
    names = {entry.name: frame.name for entry, (_, frame) in zip(entries, written, strict=True)}
    lists = split_lists(catalogue, names)
    try:
        _write_labels(folder, written, lists)
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be written ({one_line(error)})") from error
    targets = sum(len(frame.points) for _, frame in written)
    counts = {split: len(names) for split, names in lists.items()}
    return WrittenDataset(folder, len(written), targets, imported, counts, skipped, names)


def split_of(entry: FrameEntry) -> str:
    """The split, ``train`` or ``val``, of a frame that is in no split list.

    It depends on a hash of the name, so it stays the same as more frames are labelled. Consecutive
    frames of one file are assigned in blocks.
    """
    block = f"{entry.sequence}#{entry.index // _BLOCK}" if entry.stacked else entry.name
    value = int.from_bytes(hashlib.sha1(block.encode()).digest()[:4], "big") / 2**32
    return "val" if value < VAL_SHARE else "train"


def _points(labels: FrameLabels, frame: Frame) -> Points:
    """The points of a frame, moved to its edge if they are outside."""
    xy = np.array([(p.x, p.y) for p in labels.points], float).reshape(-1, 2)
    return Points.labels(np.clip(xy, -0.5, np.array(frame.shape[::-1]) - 0.5))


def _write_labels(
    folder: Path, written: list[tuple[str, LabelledFrame]], lists: dict[str, list[str]]
) -> None:
    for split, names in lists.items():
        atomic_write(folder / "img_idx" / f"{split}.txt", "".join(f"{n}\n" for n in names))
    atomic_write(folder / POINTS_FILE, csv_text(written))
    atomic_write(folder / ANNOTATIONS, coco_json(written))
    _remove_others(folder / "img_idx", {f"{split}.txt" for split in lists})
    _remove_others(folder / "images", {file_name for file_name, _ in written})


def _file_name(entry: FrameEntry, frame: Frame, used: set[str]) -> str:
    """Path under ``images/``, unique even without its suffix, since split lists omit suffixes."""
    if entry.stacked:
        base = entry.name.removesuffix(f"#{entry.index}")
        name = f"{base}-{entry.index:06d}{_suffix(frame)}"
    else:
        name = (entry.label_name or without_suffix(entry.name)) + entry.path.suffix
    stem, suffix = without_suffix(name).removeprefix("images/"), Path(name).suffix
    while stem in used:
        stem = f"{stem}-{entry.path.suffix[1:]}"
    used.add(stem)
    return stem + suffix


def _suffix(frame: Frame) -> str:
    return ".png" if frame.dtype in (np.uint8, np.uint16) else ".npy"


def _write_image(entry: FrameEntry, frame: Frame, path: Path) -> None:
    """Write a frame, unless ``path`` has the modification time of its source file already."""
    try:
        modified = entry.path.stat().st_mtime_ns
        if path.exists() and path.stat().st_mtime_ns == modified:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.stacked:
            stream = io.BytesIO()
            if path.suffix == ".png":
                Image.fromarray(frame).save(stream, "PNG", compress_level=1)
            else:
                np.save(stream, frame)
            atomic_write(path, stream.getvalue())
            os.utime(path, ns=(modified, modified))
        else:
            part = path.with_name(f".{path.name}.part")
            shutil.copy2(entry.path, part)
            part.replace(path)
    except OSError as error:
        raise DatasetError(f"{path}: cannot be written ({one_line(error)})") from error


def _remove_others(folder: Path, kept: set[str]) -> None:
    """Remove files of earlier calls; two images of the same name would be ambiguous."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # not empty
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in kept:
            path.unlink()


def split_lists(catalogue: Catalogue, names: Mapping[str, str]) -> dict[str, list[str]]:
    """The split lists of labelled frames: their names in the dataset.

    Args:
        catalogue: all frames.
        names: name in the dataset of each labelled frame, by its name on the page.
    """
    dataset_lists = _dataset_lists(catalogue)
    lists: dict[str, list[str]] = {
        "train": [], "val": [], **{split: [] for split in dataset_lists}
    }  # fmt: skip
    for frame, name in names.items():
        entry = catalogue.entries[catalogue.number(frame) or 0]
        path = numbered_path(entry.path, entry.index) if entry.stacked else entry.path
        splits = [split for split, paths in dataset_lists.items() if path in paths]
        if set(splits) <= _TRAIN_AND_VAL_LISTS:
            splits.append(split_of(entry))
        for split in splits:
            lists[split].append(name)
    # Training needs a frame in both lists; a single frame is in both.
    for empty, full in (("val", "train"), ("train", "val")):
        if not lists[empty]:
            lists[empty] = [lists[full].pop()] if len(lists[full]) > 1 else list(lists[full])
    return {split: listed for split, listed in lists.items() if listed}


def _dataset_lists(catalogue: Catalogue) -> dict[str, set[Path]]:
    """The split lists of the dataset that is labelled, as paths of their frames."""
    dataset = catalogue.dataset
    lists: dict[str, set[Path]] = {}
    if dataset is None:
        return lists
    for split, names in dataset.splits.items():
        lists[split] = set()
        for name in names:
            with suppress(DatasetError):  # a list may name an image that does not exist
                lists[split].add(dataset.find(name))
    return lists
