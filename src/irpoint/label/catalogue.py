"""The frames of a folder: find them quickly, name them, and read them in any order."""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from irpoint.datasets.layout import OpenedLayout
from irpoint.datasets.load import open_dataset
from irpoint.errors import DatasetError, FrameError, UnknownLayoutError, one_line
from irpoint.frames.arrays import Frame
from irpoint.frames.natural import natural_key
from irpoint.frames.numbered import split_number
from irpoint.frames.open import open_source, readable_suffixes
from irpoint.frames.raw import RawLayout
from irpoint.frames.read import READABLE_SUFFIXES
from irpoint.frames.stack import Stack

_MAX_FRAMES = 1_000_000  # of a file; a damaged one may state any number
_MAX_OPEN = 4  # files; a video has its own decoder


@dataclass(frozen=True)
class FrameEntry:
    """One frame of a catalogue.

    Attributes:
        name: path relative to the folder, followed by ``#12`` if the file has several frames.
        path: the file.
        index: index of the frame in its file, from 0.
        sequence: the file or folder whose frames are consecutive in time.
        stacked: whether the file is not an image with one frame.
        label_name: name of the frame in the dataset; None if the folder is not a dataset.
    """

    name: str
    path: Path
    index: int
    sequence: str
    stacked: bool = False
    label_name: str | None = None


class Catalogue:
    """All frames of a folder and its subfolders, in natural order.

    Args:
        root: a dataset of any layout that irpoint reads, or any folder with frames. Files outside
            the folder are never read, even if a link points to them.
        raw: layout of headerless files; if given, those are the readable ones.

    Attributes:
        entries: the frames.
        sequences: the frames of each sequence, in temporal order.
        dataset: the dataset in the folder; None if it is a plain folder.
        skipped: one line for each file, or set of labels, that cannot be used.

    Raises:
        DatasetError: if the folder does not exist or has no readable frame.
    """

    def __init__(self, root: Path, raw: RawLayout | None = None) -> None:
        self.root = root.resolve()
        self.raw = raw
        if not self.root.is_dir():
            raise DatasetError(f"{root}: no such folder; give the folder with the frames")
        self.skipped: list[str] = []
        self.dataset = self._open_dataset()
        self.entries = self._dataset_entries(self.dataset) if self.dataset else self._file_entries()
        if not self.entries:
            raise DatasetError(f"{root}: has no readable frame; give another folder")
        self.sequences: dict[str, list[FrameEntry]] = {}
        for entry in self.entries:
            self.sequences.setdefault(entry.sequence, []).append(entry)
        self._by_name = {entry.name: number for number, entry in enumerate(self.entries)}
        self._opened: dict[tuple[Path, int], Stack] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.entries)

    def number(self, name: str) -> int | None:
        """Index of a frame in :attr:`entries`; None if there is no such frame."""
        return self._by_name.get(name)

    def entry(self, name: str) -> FrameEntry:
        """The frame with this name.

        Raises:
            DatasetError: if there is no such frame.
        """
        number = self.number(name)
        if number is None:
            raise DatasetError(f"{name[:200]}: no such frame in the folder")
        return self.entries[number]

    def read(self, entry: FrameEntry) -> Frame:
        """The pixels (H, W) of a frame, in the data type of its file.

        Raises:
            FrameError: if the frame cannot be read, or its file links out of the folder.
        """
        if not entry.path.resolve().is_relative_to(self.root):
            raise FrameError(f"{entry.name}: links to a file outside the folder; give a copy")
        raw = self.raw if entry.label_name is None else None  # images of a dataset have headers
        if entry.stacked:
            with self._lock:
                return self._open(entry.path, raw).read(entry.index)
        with open_source(entry.path, raw).open() as stack:
            return stack.only()

    def _open(self, path: Path, raw: RawLayout | None) -> Stack:
        """The frames of a file, which stays open; a file that was modified is opened again."""
        try:
            key = path, path.stat().st_mtime_ns
        except OSError as error:
            raise FrameError(f"{path}: cannot be read ({one_line(error)})") from error
        stack = self._opened.pop(key, None) or open_source(path, raw).open()
        self._opened[key] = stack  # the most recently used is last
        while len(self._opened) > _MAX_OPEN:
            self._opened.pop(next(iter(self._opened))).close()
        return stack

    def _open_dataset(self) -> OpenedLayout | None:
        try:
            return open_dataset(self.root)
        except UnknownLayoutError:
            return None
        except DatasetError as error:
            self.skipped.append(f"the labels of the folder: {error}")
            return None

    def _dataset_entries(self, opened: OpenedLayout) -> list[FrameEntry]:
        entries = []
        for name in opened.names:
            try:
                path = opened.find(name)
            except DatasetError as error:
                self.skipped.append(str(error))
                continue
            relative = path.relative_to(self.root).as_posix()
            if not self._is_printable(relative):
                continue
            file, number = split_number(path)
            if number is None:
                entries.append(FrameEntry(relative, path, 0, _sequence(relative), False, name))
            else:
                sequence = file.relative_to(self.root).as_posix()
                entries.append(FrameEntry(relative, file, number, sequence, True, name))
        if opened.one_label_file:  # it may not list every image
            known = {entry.name for entry in entries}
            others = self._file_entries("images/" if (self.root / "images").is_dir() else "")
            entries += [entry for entry in others if entry.name not in known]
        return sorted(entries, key=lambda entry: natural_key(entry.name))

    def _file_entries(self, subfolder: str = "") -> list[FrameEntry]:
        entries: list[FrameEntry] = []
        found = _frame_files(self.root / subfolder, subfolder, readable_suffixes(self.raw))
        for relative in sorted(found, key=natural_key):
            if not self._is_printable(relative):
                continue
            path = self.root / relative
            source = open_source(path, self.raw)
            try:
                count = source.count()
                if count > _MAX_FRAMES:
                    raise FrameError(
                        f"{path}: states {count} frames, more than {_MAX_FRAMES}; give a part of it"
                    )
            except FrameError as error:
                self.skipped.append(str(error))
                continue
            if count == 1 and self.raw is None and relative.lower().endswith(READABLE_SUFFIXES):
                entries.append(FrameEntry(relative, path, 0, _sequence(relative)))
            else:
                entries.extend(
                    FrameEntry(f"{relative}#{k}", path, k, relative, True) for k in range(count)
                )
        return entries

    def _is_printable(self, relative: str) -> bool:
        """Whether a path can be sent to a browser; a path that is not UTF-8 is skipped."""
        if printable(relative) == relative:
            return True
        line = f"{printable(relative)}: the file name is not UTF-8; rename the file"
        if line not in self.skipped:
            self.skipped.append(line)
        return False


def printable(path: str | Path) -> str:
    """A path as text that can be stored and sent; bytes that are not UTF-8 become ``\\xe9``."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _frame_files(root: Path, prefix: str, suffixes: tuple[str, ...]) -> list[str]:
    """Paths of frame files, with ``prefix`` in front; hidden files and folders are left out."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = os.path.relpath(folder, root)
        before = prefix if inside == "." else f"{prefix}{inside}/".replace(os.sep, "/")
        for name in files:
            if name.lower().endswith(suffixes) and not name.startswith("."):
                found.append(before + name)
    return found


def _sequence(relative: str) -> str:
    """The sequence of an image: its folder or, of an exported frame, the file that it is from."""
    match = re.fullmatch(r"(.*\.\w+)-\d{6}\.\w+", relative)
    return match[1] if match else relative.rpartition("/")[0]
