"""The frames of a folder by name, found fast and read at random: images, TIFF stacks, videos."""

from __future__ import annotations

import os
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

from irpoint.datasets.layout import OpenedLayout
from irpoint.datasets.load import open_dataset
from irpoint.errors import DatasetError, FrameError, UnknownLayoutError
from irpoint.frames.arrays import Frame
from irpoint.frames.find import natural_key
from irpoint.frames.read import READABLE_SUFFIXES, count_pages, read_frame, read_page
from irpoint.frames.video import VIDEO_SUFFIXES
from irpoint.frames.video_seek import VideoFrames

_STACKS = (".tif", ".tiff")
_OPEN_VIDEOS = 4  # kept open at a time, each with its decoder


@dataclass(frozen=True)
class FrameEntry:
    """One frame to be labelled.

    Attributes:
        name: its path in the folder; ``#12`` after it where the file holds several frames.
        path: the file.
        index: number of the frame in its file, from 0.
        sequence: the file, or the folder, whose frames follow one another in time.
        stacked: whether its file is one of several frames, or a video.
        label_name: the frame's name in the data set that the folder is; None in a plain folder.
    """

    name: str
    path: Path
    index: int
    sequence: str
    stacked: bool = False
    label_name: str | None = None


class Catalogue:
    """Every frame of a folder and its subfolders, in natural order.

    Args:
        root: a data set of any layout that irpoint reads, or any folder with frames in it. Nothing
            outside it is read, whatever a link inside it points to.

    Attributes:
        entries: the frames.
        dataset: the data set that the folder is; None for a plain folder.
        skipped: one line on each file that was left out, and on labels that were.

    Raises:
        DatasetError: where the folder is missing or holds no frame.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if not self.root.is_dir():
            raise DatasetError(f"{root}: no such folder; give the folder with the frames")
        self.skipped: list[str] = []
        self.dataset = self._dataset()
        self.entries = self._of_dataset(self.dataset) if self.dataset else self._of_folder()
        if not self.entries:
            raise DatasetError(f"{root}: holds no frame that can be read; give another folder")
        self._by_name = {entry.name: number for number, entry in enumerate(self.entries)}
        self._videos: dict[Path, VideoFrames] = {}
        self._video_lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.entries)

    def number(self, name: str) -> int | None:
        """Place of a frame among the entries; None where there is none of this name."""
        return self._by_name.get(name)

    def read(self, entry: FrameEntry) -> Frame:
        """The pixels (H, W) of a frame in their own type.

        Raises:
            FrameError: where it cannot be read, or is a link to outside the folder.
        """
        if not entry.path.resolve().is_relative_to(self.root):
            raise FrameError(f"{entry.name}: a link to outside the folder; it is not followed")
        suffix = entry.path.suffix.lower()
        if suffix in VIDEO_SUFFIXES:
            with self._video_lock:
                return self._video(entry.path).read(entry.index)
        if suffix in _STACKS:
            return read_page(entry.path, entry.index)
        return read_frame(entry.path)

    def _video(self, path: Path) -> VideoFrames:
        video = self._videos.pop(path, None) or VideoFrames(path)
        self._videos[path] = video  # the last one used is the last to go
        while len(self._videos) > _OPEN_VIDEOS:
            self._videos.pop(next(iter(self._videos))).close()
        return video

    def _dataset(self) -> OpenedLayout | None:
        try:
            return open_dataset(self.root)
        except UnknownLayoutError:
            return None
        except DatasetError as error:
            self.skipped.append(f"the labels of the folder: {error}")
            return None

    def _of_dataset(self, opened: OpenedLayout) -> list[FrameEntry]:
        entries = []
        for name in opened.names:
            try:
                path = opened.find(name)
            except DatasetError as error:
                self.skipped.append(str(error))
                continue
            shown = path.relative_to(self.root).as_posix()
            if self._sayable(shown):
                entries.append(FrameEntry(shown, path, 0, _folder(shown), False, name))
        if opened.one_label_file:
            known = {entry.path for entry in entries}
            others = self._of_folder("images/" if (self.root / "images").is_dir() else "")
            entries += [entry for entry in others if entry.path not in known]
        return sorted(entries, key=lambda entry: natural_key(entry.name))

    def _of_folder(self, inside: str = "") -> list[FrameEntry]:
        entries: list[FrameEntry] = []
        for shown in sorted(_files(self.root / inside, inside), key=natural_key):
            if not self._sayable(shown):
                continue
            path = self.root / shown
            try:
                count = _frame_count(path)
            except FrameError as error:
                self.skipped.append(str(error))
                continue
            if count == 1 and path.suffix.lower() not in VIDEO_SUFFIXES:
                entries.append(FrameEntry(shown, path, 0, _folder(shown)))
            else:
                pages = (FrameEntry(f"{shown}#{k}", path, k, shown, True) for k in range(count))
                entries.extend(pages)
        return entries

    def _sayable(self, shown: str) -> bool:
        """Whether a path can be told to a browser; one that is not UTF-8 is left out."""
        if printable(shown) == shown:
            return True
        line = f"{printable(shown)}: its name is not UTF-8; rename it"
        if line not in self.skipped:
            self.skipped.append(line)
        return False


def printable(path: str | Path) -> str:
    """A path as text that can be stored and sent: bytes that are not UTF-8 as ``\\xe9``."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _files(root: Path, prefix: str) -> list[str]:
    """Paths in ``root`` of what looks like frames; hidden files and folders are left out."""
    suffixes, found = READABLE_SUFFIXES + VIDEO_SUFFIXES, []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = os.path.relpath(folder, root)
        before = prefix if inside == "." else f"{prefix}{inside}/".replace(os.sep, "/")
        for name in files:
            if name.lower().endswith(suffixes) and not name.startswith("."):
                found.append(before + name)
    return found


def _folder(shown: str) -> str:
    return shown.rpartition("/")[0]


def _frame_count(path: Path) -> int:
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return VideoFrames.count(path)
    if suffix in _STACKS and _more_than_a_page(path):
        return count_pages(path)
    return 1


def _more_than_a_page(path: Path) -> bool:
    """Whether a TIFF's first page names a second, from three short reads: folders are large."""
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(16)
            order = {b"II": "<", b"MM": ">"}.get(head[:2])
            if order is None:
                return False
            big = head[2:4] in (b"+\0", b"\0+")
            (first,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
            file.seek(first)
            (tags,) = struct.unpack(order + ("Q" if big else "H"), file.read(8 if big else 2))
            file.seek(first + (8 + 20 * tags if big else 2 + 12 * tags))
            return any(file.read(8 if big else 4))
    except (OSError, struct.error):
        return False  # said when it is opened
