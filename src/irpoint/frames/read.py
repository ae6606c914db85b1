"""Read a frame from a file, from bytes or from a stream, at full bit depth.

A frame is the image as stored: orientation tags and colour profiles are not applied. The image of a
radiometric JPEG is the raw data of the camera.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import UnidentifiedImageError

from irpoint.errors import FrameError, one_line
from irpoint.frames.arrays import Frame, as_frame
from irpoint.frames.camera_files import camera_file
from irpoint.frames.formats import FORMATS, HEAD, find_format, split_array_name, titles
from irpoint.frames.notes import report
from irpoint.frames.stack import Stack

__all__ = ["READABLE_SUFFIXES", "FrameFile", "as_frame", "frame_shape", "read_frame"]

# The suffixes of files that hold a frame and nothing else, such as the images of a dataset.
READABLE_SUFFIXES = tuple(
    suffix
    for row in FORMATS
    if not row.container
    for suffix in row.suffixes
    if suffix.count(".") == 1  # names of datasets are without the last suffix
)


class FrameFile(Stack):
    """The frames of a file of any format, recognised by content, not by suffix.

    May be shared by threads. Every error is one line that names the file.

    Args:
        source: a path, or the path and the name of an array in it, as ``a.npz:images``; ``"-"`` for
            standard input; the bytes of a file; or a binary stream, which is read to its end.
        name: name of the source in error messages; by default its path.
        mask: the file marks pixels; nothing about it gives a warning.
        warn: whether what is found is reported as warnings, too; it is always in ``notes``.

    Raises:
        FrameError: if the source is missing, empty, damaged, or of another format.
    """

    def __init__(
        self,
        source: str | Path | bytes | BinaryIO,
        name: str | None = None,
        *,
        mask: bool = False,
        warn: bool = True,
    ) -> None:
        super().__init__()
        self._name, self.mask, self._warn = name or _name_of(source), mask, warn
        self._lock = threading.Lock()
        array = None
        if isinstance(source, str | Path):
            source, array = split_array_name(str(source))
        self._stream = _open(source, self._name)
        try:
            with _one_line_errors(self._name):
                head = self._stream.read(HEAD)
                if not head:
                    raise FrameError("empty; copy or export it again")
                self._format = find_format(head)
                if self._format is None:
                    other = camera_file(self._name)
                    raise FrameError(other or f"not a readable format; give {titles()}")
                self._stream.seek(0)
                self._stack = self._format.open(self._stream, self._name, array)
                self._stack.mask = mask
        except BaseException:
            self._stream.close()
            raise

    def __len__(self) -> int:
        with self._using():
            return len(self._stack)

    def shape(self) -> tuple[int, int]:
        with self._using():
            return self._stack.shape()

    def only(self) -> Frame:
        with self._using():
            return self._stack.only()

    def read(self, index: int) -> Frame:
        with self._using():
            count = len(self._stack)
            if not 0 <= index < count:
                raise FrameError(f"no frame {index}; it has {count} frames")
            return self._stack.read(index)

    def __iter__(self) -> Iterator[Frame]:
        with _one_line_errors(self._name):
            for frame in self._stack:
                self._report()
                yield frame

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._lock:
            with _one_line_errors(self._name):
                yield
            self._report()

    def _report(self) -> None:
        """Warn about what was found; once per file and kind."""
        new = {note.kind: note for note in self._stack.notes if note not in self.notes}
        self._stack.notes.clear()
        self.notes += new.values()
        if self._warn and not self.mask:
            report([*new.values()], self._name)

    def close(self) -> None:
        with self._lock:
            self._stack.close()
            self._stream.close()


def read_frame(
    source: str | Path | bytes | BinaryIO, name: str | None = None, *, mask: bool = False
) -> Frame:
    """Read one frame.

    A radiometric JPEG of FLIR gives its raw data, which often has fewer pixels than its picture. A
    frame that may not be what it seems (colours, raw data that cannot be read, an orientation tag)
    gives a :class:`irpoint.errors.FrameWarning`.

    Args:
        source: a path, or the path and the name of an array in it, as ``a.npz:images``; ``"-"`` for
            standard input; the bytes of a file; or a binary stream, which is read to its end. Any
            format of :data:`irpoint.frames.formats.FORMATS`, recognised by content, not by suffix.
        name: name of the source in error messages; by default its path.
        mask: the file is not a frame but marks pixels, for example in red, which is no reason for
            a warning.

    Returns:
        (H, W) in the data type of the file; see :func:`as_frame` for colour. A 1-bit file gives 0
        and 1; a palette is applied.

    Raises:
        FrameError: if the source is missing, empty, damaged, of another format, or contains several
            frames.
    """
    with FrameFile(source, name, mask=mask) as file:
        return file.only()


def frame_shape(path: str | Path) -> tuple[int, int]:
    """(height, width) in pixels of an image file, read from its header only.

    Raises:
        FrameError: as :func:`read_frame`, for errors that the header shows.
    """
    with FrameFile(path) as file:
        return file.shape()


def _name_of(source: str | Path | bytes | BinaryIO) -> str:
    if isinstance(source, bytes):
        return "bytes"
    if isinstance(source, str | Path):
        return "standard input" if str(source) == "-" else str(source)
    return str(getattr(source, "name", "stream"))


def _open(source: str | Path | bytes | BinaryIO, name: str) -> BinaryIO:
    """A seekable stream of ``source``."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if not isinstance(source, str | Path):
        return io.BytesIO(source.read())
    if str(source) == "-":
        return io.BytesIO(sys.stdin.buffer.read())
    return _file(Path(source), name)


def _file(path: Path, name: str) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise FrameError(f"{name}: no such file; check the path") from error
    except IsADirectoryError as error:
        raise FrameError(f"{name}: a folder, not a file; give a file in it") from error
    except (OSError, ValueError) as error:
        raise FrameError(f"{name}: cannot be opened ({one_line(error)})") from error


@contextmanager
def _one_line_errors(name: str) -> Iterator[None]:
    """Turn every error into a :class:`FrameError` of one line that begins with ``name``."""
    try:
        yield
    except FrameError as error:
        if str(error).startswith(name):
            raise
        raise FrameError(f"{name}: {error}") from error
    except UnidentifiedImageError as error:
        raise FrameError(f"{name}: damaged header; copy or export it again") from error
    except Exception as error:  # decoders raise errors of any type for damaged bytes
        raise FrameError(f"{name}: damaged ({one_line(error)}); copy or export it again") from error
