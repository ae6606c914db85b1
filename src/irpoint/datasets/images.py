"""The images of a folder, by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from irpoint.errors import DatasetError
from irpoint.frames.natural import natural_key
from irpoint.frames.read import READABLE_SUFFIXES
from irpoint.frames.video import VIDEO_SUFFIXES


def without_suffix(name: str) -> str:
    """``name`` without the suffix of an image file; other dots belong to the name."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and f".{suffix.lower()}" in READABLE_SUFFIXES else name


class Images:
    """Index of the images in a folder and its subfolders.

    An image is found by its path in the folder or, if that is unique, by its file name; with or
    without suffix. Links to folders are followed. Hidden files and folders are skipped.

    Args:
        folder: the folder.
        videos: whether video files are indexed too.

    Raises:
        DatasetError: if the folder has no image.
    """

    def __init__(self, folder: Path, videos: bool = False) -> None:
        self.folder = folder
        suffixes = READABLE_SUFFIXES + (VIDEO_SUFFIXES if videos else ())
        self._by_key: dict[str, list[Path]] = {}
        self._by_stem: dict[str, list[Path]] = {}
        for path in _image_files(folder, suffixes):
            key = self._key(path)
            self._by_key.setdefault(key, []).append(path)
            self._by_stem.setdefault(key.rpartition("/")[2], []).append(path)
        if not self._by_key:
            raise DatasetError(f"{folder}: no images in this folder; check the path of the dataset")
        self._flat = not any("/" in key for key in self._by_key)

    def names(self) -> tuple[str, ...]:
        """The names of all images: the stem if it is unique, else the path in the folder."""
        names = {self.name_of(path) for paths in self._by_key.values() for path in paths}
        return tuple(sorted(names, key=natural_key))

    def name_of(self, path: Path) -> str:
        """The name of an image of this index: its stem if it is unique, else its path."""
        key = self._key(path)
        stem = key.rpartition("/")[2]
        return stem if len(self._by_stem[stem]) == 1 else key

    def _key(self, path: Path) -> str:
        name = path.relative_to(self.folder).as_posix()
        return name.removesuffix(path.suffix) if self.is_video(path) else without_suffix(name)

    @staticmethod
    def is_video(path: Path) -> bool:
        """Whether a file of the index is a video, by its suffix."""
        return path.suffix.lower() in VIDEO_SUFFIXES

    def has(self, key: str) -> bool:
        """Whether an image has this path in the folder, without its suffix."""
        return key in self._by_key

    def get(self, name: str) -> Path | None:
        """The image with this name, or None.

        Folders above that of the images, as in ``/home/me/mine/images/a.png``, may be part of the
        name.

        Raises:
            DatasetError: if several images have the name.
        """
        wanted = name.strip().replace("\\", "/").removeprefix("./")
        inside = self._inside(wanted)
        # Try the name unchanged first, because "a.tif" may be the name of "a.tif.png".
        key = (
            inside if inside in self._by_key or inside in self._by_stem else without_suffix(inside)
        )
        found = self._by_key.get(key) or self._by_stem.get(key, [])
        if key != wanted:
            found = [path for path in found if wanted.endswith(path.suffix)] or found
        if len(found) > 1:
            files = ", ".join(sorted(path.relative_to(self.folder).as_posix() for path in found))
            raise DatasetError(
                f"{self.folder}: '{name}' is the name of several images ({files}); "
                "rename or remove all but one"
            )
        return found[0] if found else None

    def _inside(self, wanted: str) -> str:
        """A path below the folder, from one that may start with folders above it."""
        inside = wanted.removeprefix(f"{self.folder.name}/")
        if "/" not in inside or self._knows(inside):
            return inside
        # The names of the folder and of the one above it show where a longer path enters them.
        for above in (self.folder.name, self.folder.parent.name):
            _, entered, rest = f"/{wanted}".rpartition(f"/{above}/")
            if entered and self._knows(rest):
                return rest
        parts = inside.split("/")
        shorter = ("/".join(parts[start:]) for start in range(1, len(parts) - 1))
        return next(filter(self._knows, shorter), parts[-1] if self._flat else inside)

    def _knows(self, name: str) -> bool:
        return any(key in self._by_key for key in (name, without_suffix(name)))

    def find(self, name: str) -> Path:
        """The image with this name.

        Raises:
            DatasetError: if there is none, or if there are several.
        """
        found = self.get(name)
        if found is None:
            raise DatasetError(
                f"{self.folder / name}: no such image; add it, or remove '{name}' from the list"
            )
        return found


def has_images(folder: Path) -> bool:
    """Whether a folder or one of its subfolders has an image."""
    return next(_image_files(folder), None) is not None


def _image_files(folder: Path, suffixes: tuple[str, ...] = READABLE_SUFFIXES) -> Iterator[Path]:
    """Every image below a folder. A folder to which several links point is entered once."""
    entered: set[str] = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if Path(name).suffix.lower() in suffixes and not name.startswith("."):
                yield Path(root, name)
