"""Frames of stacks and videos by name: ``stack.tif#12`` is frame 12 of ``stack.tif``, from 0."""

from __future__ import annotations

from pathlib import Path

from irpoint.frames.arrays import Frame
from irpoint.frames.open import open_source
from irpoint.frames.read import frame_shape, read_frame


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
    with open_source(file).open() as stack:
        return stack.read(number)


def numbered_shape(path: Path) -> tuple[int, int]:
    """(height, width) of the frame that a path names, if possible from the header alone.

    Raises:
        FrameError: as :func:`read_numbered`.
    """
    if split_number(path)[1] is None:
        return frame_shape(path)
    height, width = read_numbered(path).shape
    return height, width


def count_frames(file: Path) -> int:
    """Number of frames in a file.

    Raises:
        FrameError: if the file cannot be read.
    """
    return open_source(file).count()
