"""Frames of stacks and videos by name: ``stack.tif#12`` is frame 12 of ``stack.tif``, from 0."""

from __future__ import annotations

from pathlib import Path

from irpoint.frames.arrays import Frame
from irpoint.frames.read import count_pages, frame_shape, read_frame, read_page
from irpoint.frames.tiff import TIFF_SUFFIXES
from irpoint.frames.video import VIDEO_SUFFIXES
from irpoint.frames.video_seek import VideoFrames


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
    if file.suffix.lower() not in VIDEO_SUFFIXES:
        return read_page(file, number)
    video = VideoFrames(file)
    try:
        return video.read(number)
    finally:
        video.close()


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
    suffix = file.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return VideoFrames.count(file)
    return count_pages(file) if suffix in TIFF_SUFFIXES else 1
