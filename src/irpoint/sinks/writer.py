"""Write the points of many frames to a folder or a stream, in one of the formats."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from irpoint.angles import Reference
from irpoint.errors import SettingsError, one_line
from irpoint.points import FrameResult
from irpoint.sinks.csv_format import CsvFormat
from irpoint.sinks.format import Columns, DocumentFormat, LineFormat
from irpoint.sinks.formats import find_format
from irpoint.system.atomic import atomic_write
from irpoint.zoo import ScoreOdds


class PointsWriter:
    """Writes each frame's points: a line format at once, a document on :meth:`close`.

    Args:
        file_format: name of a format, see :data:`irpoint.sinks.FORMATS`; or a format.
        target: a folder, in which the format's file (such as ``points.csv``) is written
            atomically; or a binary stream.
        clock, tracks: whether frames have times and points have tracks. A line format then has a
            column for them.
        polarity: whether to write if a point is bright or dark.
        measured: whether to write the measured values of each point.
        angles: the axes of the direction of each point; None does not write it.
        odds: what the scores mean; None does not write the probability of each point.

    Attributes:
        count, hit, points: number of frames so far, of frames with points, and of points.
        path: the file that :meth:`close` writes; None for a stream. Until then, lines are written
            to a file beside it (``points.csv.part``), which remains if the process is killed.

    Raises:
        SettingsError: if ``points.csv`` in the folder contains labels, or there is no such format.
    """

    def __init__(
        self,
        file_format: str | LineFormat,
        target: Path | BinaryIO,
        *,
        clock: bool = False,
        tracks: bool = False,
        polarity: bool = False,
        measured: bool = False,
        angles: Reference | None = None,
        odds: ScoreOdds | None = None,
    ) -> None:
        self.count = self.hit = self.points = 0
        self._format = find_format(file_format) if isinstance(file_format, str) else file_format
        self._columns = Columns(clock, tracks, polarity, measured, angles, odds)
        self._results: list[FrameResult] = []  # of a format that is written at the end
        self.path = target / self._format.file_name if isinstance(target, Path) else None
        self._stream = None if isinstance(target, Path) else target
        if isinstance(self._format, DocumentFormat):
            return
        if self.path is not None:
            if self.path.name == CsvFormat.file_name:
                _refuse_labels(self.path)
        else:
            self._send(self._format.header(self._columns))

    def add(self, result: FrameResult) -> None:
        """Write the points of one more frame.

        Raises:
            SettingsError: if the folder's file cannot be written.
        """
        if isinstance(self._format, DocumentFormat):
            self._results.append(result.without_pixels())
        else:
            if self.path is not None and self.count == 0:
                self._stream = _open(_part(self.path))
                self._send(self._format.header(self._columns))
            self._send(self._format.lines(result, self._columns))
        self.count += 1
        self.hit += len(result.points) > 0
        self.points += len(result.points)

    def close(self) -> None:
        """Write the remaining output. Without any frame, a folder is left unchanged.

        Raises:
            SettingsError: if the file cannot be written.
        """
        if isinstance(self._format, DocumentFormat):
            text = self._format.text(self._results, self._columns)
            if self.path is None:
                self._send(text)
            elif self._results:
                save(self.path, _encode(text))
        elif self.path is not None and self._stream is not None:
            _complete(self._stream, self.path)

    def _send(self, text: str) -> None:
        assert self._stream is not None
        try:
            self._stream.write(_encode(text))
            self._stream.flush()
        except OSError as error:
            if self.path is None:  # standard output, which may be closed on purpose
                raise
            raise cannot_write(self.path, error) from error


def _complete(stream: BinaryIO, path: Path) -> None:
    """Write the complete lines of the ``.part`` file to the final file, and remove the former."""
    with suppress(OSError):  # a full disk has been reported already
        stream.close()
    content = _part(path).read_bytes()
    if lines := content[: content.rfind(b"\n") + 1]:
        save(path, lines)
    _part(path).unlink()


def _refuse_labels(path: Path) -> None:
    """Refuse to overwrite labels, because irpoint's CSV label layout also has a ``points.csv``."""
    if path.is_file():
        with path.open("rb") as stream:
            first = stream.readline(100).removeprefix(b"\xef\xbb\xbf")
        if first.strip() and not first.startswith(b"source,frame"):
            raise SettingsError(f"{path}: contains labels; give another folder for --out")


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _open(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")
    except OSError as error:
        raise cannot_write(path, error) from error


def save(path: Path, content: bytes) -> None:
    """Write a result file atomically; an OSError becomes a one-line SettingsError."""
    try:
        atomic_write(path, content)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> SettingsError:
    """The error for a result file that could not be written."""
    remedy = "free some space, or " if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
    return SettingsError(
        f"{path}: cannot be written ({one_line(error)}); {remedy}give another folder for --out"
    )


def _encode(text: str) -> bytes:
    # A file name that is not valid UTF-8 is written with its original bytes.
    return text.encode("utf-8", "surrogateescape")
