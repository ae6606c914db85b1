"""What is done of a long detection, line by line: one that was killed goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from irpoint.points import FrameResult, Points
from irpoint.sinks.formats import FoundFrame
from irpoint.sinks.writer import not_written, save

_NAME = ".unfinished.jsonl"


class Journal:
    """The finished sources of a detection, in a hidden file of its folder.

    A source counts as finished once the next one has begun, and as long as its file is not changed.
    What a detection with other settings has left is dropped.

    Args:
        folder: where the results will lie; exists.
        settings: whatever the points depend on, as JSON values.

    Attributes:
        done: frames of each source that an earlier run has finished, in order.
        skipped: reasons for which parts of a source were passed over.

    Raises:
        SettingsError: where it cannot be written.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.path = folder / _NAME
        self.done: dict[str, list[FoundFrame]] = {}
        self.skipped: dict[str, list[str]] = {}
        first, *lines = self._read() or [{}]
        if first == settings:
            self._take(lines)
        kept = [settings]
        for source, frames in self.done.items():
            kept += [*map(_packed, frames), self._end(source)]
        save(self.path, "".join(map(_line, kept)).encode())
        self._source = ""
        self._file = self.path.open("a")

    def add(self, found: FoundFrame) -> None:
        """One more frame, of the source of the last one or of the next.

        Raises:
            SettingsError: where it cannot be written.
        """
        source = found.result.source
        text = _line(_packed(found))
        if self._source not in ("", source):
            text = _line(self._end(self._source)) + text
        self._source = source
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            raise not_written(self.path, error) from error

    def skip(self, source: str, reason: str) -> None:
        """A part of a source was passed over, which is said again where a run goes on from here."""
        self.skipped.setdefault(source, []).append(reason)

    def close(self, *, finished: bool) -> None:
        """Keep the journal for another time, or delete it where all is done."""
        self._file.close()
        if finished:
            self.path.unlink(missing_ok=True)

    def _read(self) -> list[dict[str, Any]]:
        try:
            texts = self.path.read_text().splitlines()
        except OSError:
            return []
        lines = []
        for text in texts:
            try:
                lines.append(json.loads(text))
            except ValueError:  # the line at which the process was killed
                break
        return lines

    def _take(self, lines: list[dict[str, Any]]) -> None:
        begun: dict[str, list[FoundFrame]] = {}
        for entry in lines:
            if "end" not in entry:
                begun.setdefault(entry["source"], []).append(_unpacked(entry))
            elif entry["stamp"] and entry["stamp"] == stamp(entry["end"]):
                self.done[entry["end"]] = begun[entry["end"]]
                self.skipped[entry["end"]] = entry.get("skipped", [])

    def _end(self, source: str) -> dict[str, Any]:
        return {"end": source, "stamp": stamp(source), "skipped": self.skipped.get(source, [])}


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content) + "\n"


def stamp(source: str | Path) -> list[int] | None:
    """Size and time of a file, by which a changed one is known."""
    try:
        status = Path(source).stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _packed(found: FoundFrame) -> dict[str, Any]:
    result = found.result
    return {
        "source": result.source,
        "frame": result.index,
        "time_s": result.time_s,
        "shape": list(found.shape),
        "xy": result.points.xy.tolist(),
        "score": result.points.score.tolist(),
    }


def _unpacked(entry: dict[str, Any]) -> FoundFrame:
    xy = np.array(entry["xy"], np.float32).reshape(-1, 2)
    points = Points(xy, np.array(entry["score"], np.float32))
    result = FrameResult(entry["frame"], entry["time_s"], entry["source"], points)
    return FoundFrame(result, (entry["shape"][0], entry["shape"][1]))
