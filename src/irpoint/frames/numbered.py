"""Frames of stacks and videos by name: ``stack.tif#12`` is frame 12 of ``stack.tif``, from 0."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from pathlib import Path

from irpoint.errors import FrameError, one_line
from irpoint.frames.arrays import Frame
from irpoint.frames.open import open_source
from irpoint.frames.read import frame_shape, read_frame
from irpoint.frames.stack import Stack
from irpoint.frames.video import VIDEO_SUFFIXES

# The frames of a dataset are read one after another. The last file stays open, because opening a
# video reads all of it.
_LAST: dict[tuple[Path, int, int], Stack] = {}
_LOCK = threading.Lock()


def numbered_path(path: Path, number: int) -> Path:
    """The name of frame ``number`` of a file."""
    return path.with_name(f"{path.name}#{number}")


def split_number(path: Path) -> tuple[Path, int | None]:
    """The file and the number of a frame; the path itself and None if it names a whole file."""
    name, mark, number = path.name.rpartition("#")
    if not (mark and name and number.isdecimal()) or path.exists():
        return path, None
    return path.with_name(name), int(number)


def read_numbered(path: Path) -> Frame:
    """Read the frame that a path names, of a file with one frame or of ``stack.tif#12``.

    Raises:
        FrameError: as :func:`irpoint.frames.read_frame`, and if there is no frame of this number.
    """
    file, number = split_number(path)
    if number is None:
        return read_frame(path)
    with _LOCK:
        return _opened(file).read(number)


def _opened(file: Path) -> Stack:
    """The frames of a file; the last one stays open until it is modified."""
    key = file, _modified(file), os.getpid()  # a forked process needs a decoder of its own
    if key not in _LAST:
        for other in [other for other in _LAST if other[2] == os.getpid()]:
            _LAST.pop(other).close()
        _LAST.clear()
        _LAST[key] = open_source(file).open()
    return _LAST[key]


def _modified(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError as error:
        raise FrameError(f"{file}: cannot be read ({one_line(error)})") from error


def numbered_shape(path: Path) -> tuple[int, int]:
    """(height, width) of the frame that a path names, if possible from the header alone.

    Raises:
        FrameError: as :func:`read_numbered`.
    """
    file, number = split_number(path)
    if number is None:
        return frame_shape(path)
    if file.suffix.lower() in VIDEO_SUFFIXES:
        return _video_shape(file, _modified(file))
    height, width = read_numbered(path).shape
    return height, width


@lru_cache(maxsize=64)
def _video_shape(file: Path, modified_ns: int) -> tuple[int, int]:
    """(height, width) of all frames of a video, cached until the file is modified."""
    height, width = read_numbered(numbered_path(file, 0)).shape
    return height, width


def count_frames(file: Path) -> int:
    """Number of frames in a file.

    Raises:
        FrameError: if the file cannot be read.
    """
    return open_source(file).count()
