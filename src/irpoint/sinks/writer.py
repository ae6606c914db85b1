"""Write the points of many frames to a file or a stream, in one of the formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from irpoint.errors import SettingsError
from irpoint.files import write_whole
from irpoint.sinks.formats import FILE_NAMES, Format, FoundFrame, coco_text, csv_text, json_text


class PointsWriter:
    """Takes frames one by one; CSV goes to a stream at once, everything else on :meth:`close`.

    Args:
        file_format: ``csv``, ``json`` or ``coco``.
        target: a folder, in which ``points.csv``, ``points.json`` or ``points_coco.json`` is
            written whole or not at all; or a binary stream.
        clock, tracks: whether frames have times, and points tracks; CSV then has columns for them.

    Attributes:
        frames: the frames taken so far; none where they are sent at once, so that a stream may go
            on for days.
        count, hit, points: number of frames so far, of those with points, of points.
        path: the file that :meth:`close` writes; None for a stream.
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
        self._at_once = self._stream is not None and file_format == "csv"
        if self._at_once:
            self._send(self._csv([]))

    def add(self, found: FoundFrame) -> None:
        """Take the points of one more frame."""
        self.count += 1
        self.hit += len(found.result.points) > 0
        self.points += len(found.result.points)
        if not self._at_once:
            self.frames.append(found)
        else:
            self._send(self._csv([found], header=False))

    def close(self) -> None:
        """Write what is not written yet; a folder that no frame was found for is left alone.

        Raises:
            SettingsError: where the file cannot be written.
        """
        if self._at_once or (self.path is not None and not self.frames):
            return
        texts: dict[Format, Callable[[Iterable[FoundFrame]], str]]
        texts = {"csv": self._csv, "json": json_text, "coco": coco_text}
        text = texts[self._format](self.frames)
        if self.path is None:
            self._send(text)
        else:
            save(self.path, _encode(text))

    def _send(self, text: str) -> None:
        assert self._stream is not None
        self._stream.write(_encode(text))
        self._stream.flush()


def save(path: Path, content: bytes) -> None:
    """Write a result whole or not at all; an OSError becomes a one-line SettingsError."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot be written ({error.strerror}); give another folder for --out"
        ) from error


def _encode(text: str) -> bytes:
    # A file name that is no UTF-8 keeps its own bytes.
    return text.encode("utf-8", "surrogateescape")
