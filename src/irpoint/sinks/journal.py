"""The journal of a detection run: the results of finished sources, to resume a killed run."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from irpoint.measurement import Measurement
from irpoint.points import FrameResult, Points
from irpoint.sinks.writer import cannot_write, save

_NAME = ".unfinished.jsonl"


class Journal:
    """The finished sources of a detection run, in a hidden file of the output folder.

    A source is finished once the next one has begun. Its results are used only if its file has not
    changed since. A journal of a run with other settings is discarded. Each line begins with its
    checksum; nothing is used after the first line that does not match it.

    Args:
        folder: the output folder, which must exist.
        settings: all settings that the points depend on, as JSON values.

    Attributes:
        done: the frames of each source that an earlier run finished, in order.
        skipped: the reasons for skipped parts, by source.

    Raises:
        SettingsError: if the file cannot be written.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.path = folder / _NAME
        self.done: dict[str, list[FrameResult]] = {}
        self.skipped: dict[str, list[str]] = {}
        first, *lines = self._read() or [{}]
        if first == settings:
            self._load(lines)
        kept = [settings]
        for source, results in self.done.items():
            kept += [*map(_packed, results), self._end(source)]
        save(self.path, "".join(map(_line, kept)).encode())
        self._source = ""
        self._file = self.path.open("a")

    def add(self, result: FrameResult) -> None:
        """Append one frame, of the same source as the last one or of the next source.

        Raises:
            SettingsError: if the file cannot be written.
        """
        text = _line(_packed(result))
        if self._source not in ("", result.source):
            text = _line(self._end(self._source)) + text
        self._source = result.source
        self._write(text)

    def end(self) -> None:
        """Record that the latest source is finished although no other begins.

        Raises:
            SettingsError: if the file cannot be written.
        """
        if self._source:
            self._write(_line(self._end(self._source)))

    def _write(self, text: str) -> None:
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def skip(self, source: str, reason: str) -> None:
        """Record a skipped part of a source; a resumed run reports it again."""
        self.skipped.setdefault(source, []).append(reason)

    def close(self, *, finished: bool) -> None:
        """Keep the file for a resumed run, or delete it if everything is finished or nothing is."""
        self._file.close()
        if finished or not (self.done or self._source):
            self.path.unlink(missing_ok=True)

    def _read(self) -> list[dict[str, Any]]:
        try:
            content = self.path.read_bytes()
        except OSError:
            return []
        lines = []
        for line in content.split(b"\n"):
            checksum, _, text = line.partition(b" ")
            if checksum != _checksum(text):  # damaged, or the process was killed while it wrote it
                break
            lines.append(json.loads(text))
        return lines

    def _load(self, lines: list[dict[str, Any]]) -> None:
        begun: dict[str, list[FrameResult]] = {}
        for entry in lines:
            if "end" not in entry:
                begun.setdefault(entry["source"], []).append(_unpacked(entry))
            elif entry["stamp"] and entry["stamp"] == _stamp(entry["end"]):
                self.done[entry["end"]] = begun[entry["end"]]
                self.skipped[entry["end"]] = entry.get("skipped", [])

    def _end(self, source: str) -> dict[str, Any]:
        return {"end": source, "stamp": _stamp(source), "skipped": self.skipped.get(source, [])}


def _line(content: dict[str, Any]) -> str:
    text = json.dumps(content)  # ASCII
    return f"{_checksum(text.encode()).decode()} {text}\n"


def _checksum(text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(text)


def _stamp(source: str) -> list[int] | None:
    """Size and modification time of a file, which change if its content does."""
    try:
        status = Path(source).stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _packed(result: FrameResult) -> dict[str, Any]:
    return {
        "source": result.source,
        "frame": result.index,
        "time_s": result.time_s,
        "shape": list(result.shape),
        "xy": result.points.xy.tolist(),
        "score": result.points.score.tolist(),
        "dark": result.points.dark.tolist(),
        "measured": _packed_measurement(result.points.measured),
        "status": result.status,
    }


def _unpacked(entry: dict[str, Any]) -> FrameResult:
    xy = np.array(entry["xy"], np.float32).reshape(-1, 2)
    score, dark = np.array(entry["score"], np.float32), np.array(entry["dark"], bool)
    points = Points(xy, score, dark, _unpacked_measurement(entry["measured"]))
    height, width = entry["shape"]
    return FrameResult(
        entry["source"],
        entry["frame"],
        entry["time_s"],
        (height, width),
        points,
        status=entry["status"],
    )


def _packed_measurement(measured: Measurement | None) -> list[list[Any]] | None:
    """Its arrays as lists, in the order of its attributes; JSON restores each float exactly."""
    return None if measured is None else [values.tolist() for values in measured]


def _unpacked_measurement(lists: list[list[Any]] | None) -> Measurement | None:
    return None if lists is None else Measurement(*map(np.array, lists))
