"""Write the points of many frames to a file or a stream, in one of the formats."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from irpoint.errors import SettingsError
from irpoint.sinks.formats import FILE_NAMES, Format, FoundFrame, coco_text, csv_text, json_text
from irpoint.system.atomic import atomic_write


class PointsWriter:
    """Takes frames one by one; CSV goes out at once, everything else on :meth:`close`.

    Args:
        file_format: ``csv``, ``json`` or ``coco``.
        target: a folder, in which ``points.csv``, ``points.json`` or ``points_coco.json`` is
            written whole or not at all; or a binary stream.
        clock, tracks: whether frames have times, and points tracks; CSV then has columns for them.

    Attributes:
        frames: the frames taken so far; none of CSV, so that a stream may go on for days.
        count, hit, points: number of frames so far, of those with points, of points.
        path: the file that :meth:`close` writes; None for a stream. CSV collects beside it in
            ``points.csv.part``, which is what a killed process leaves.

    Raises:
        SettingsError: where the folder's ``points.csv`` holds labels.
    """

    def __init__(
        self,
        file_format: Format,
        target: Path | BinaryIO,
        *,
        clock: bool = False,
        tracks: bool = False,
    ) -> None:
        self.frames: list[FoundFrame] = []
        self.count = self.hit = self.points = 0
        self.path = target / FILE_NAMES[file_format] if isinstance(target, Path) else None
        self._format = file_format
        self._csv = partial(csv_text, clock=clock, tracks=tracks)
        self._stream = None if isinstance(target, Path) else target
        if file_format == "csv" and self.path is not None:
            _refuse_labels(self.path)
        elif file_format == "csv":
            self._send(self._csv([]))

    def add(self, found: FoundFrame) -> None:
        """Take the points of one more frame.

        Raises:
            SettingsError: where the folder's CSV cannot be written.
        """
        if self._format != "csv":
            self.frames.append(found)
        elif self.path is not None and self.count == 0:
            self._stream = _open(_part(self.path))
            self._send(self._csv([found]))
        else:
            self._send(self._csv([found], header=False))
        self.count += 1
        self.hit += len(found.result.points) > 0
        self.points += len(found.result.points)

    def close(self) -> None:
        """Write what is not written yet; a folder that no frame was found for is left alone.

        Raises:
            SettingsError: where the file cannot be written.
        """
        if self.path is None:
            if self._format != "csv":
                self._send(self._text())
        elif self._format == "csv":
            if self._stream is not None:
                self._complete(self._stream, self.path)
        elif self.frames:
            save(self.path, _encode(self._text()))

    def _text(self) -> str:
        return json_text(self.frames) if self._format == "json" else coco_text(self.frames)

    def _complete(self, stream: BinaryIO, path: Path) -> None:
        with suppress(OSError):  # of a full disk, which was said
            stream.close()
        content = _part(path).read_bytes()
        if lines := content[: content.rfind(b"\n") + 1]:
            save(path, lines)
        _part(path).unlink()

    def _send(self, text: str) -> None:
        assert self._stream is not None
        try:
            self._stream.write(_encode(text))
            self._stream.flush()
        except OSError as error:
            if self.path is None:  # standard output, which may be closed on purpose
                raise
            raise not_written(self.path, error) from error


def _refuse_labels(path: Path) -> None:
    """Results go by the name of the label file of our CSV layout: labels are not written over."""
    if path.is_file():
        with path.open("rb") as stream:
            first = stream.readline(100).removeprefix(b"\xef\xbb\xbf")
        if first.strip() and not first.startswith(b"source,frame"):
            raise SettingsError(f"{path}: holds labels; give another folder for --out")


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _open(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")
    except OSError as error:
        raise not_written(path, error) from error


def save(path: Path, content: bytes) -> None:
    """Write a result whole or not at all; an OSError becomes a one-line SettingsError."""
    try:
        atomic_write(path, content)
    except OSError as error:
        raise not_written(path, error) from error


def not_written(path: Path, error: OSError) -> SettingsError:
    """The one line about a result that could not be written."""
    return SettingsError(
        f"{path}: cannot be written ({error.strerror}); give another folder for --out"
    )


def _encode(text: str) -> bytes:
    # A file name that is no UTF-8 keeps its own bytes.
    return text.encode("utf-8", "surrogateescape")
