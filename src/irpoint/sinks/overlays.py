"""A folder of frames with their detections drawn on them: pictures, and videos of videos."""

from __future__ import annotations

import io
from pathlib import Path

from irpoint.frames.arrays import Frame
from irpoint.points import FrameResult
from irpoint.sinks.drawing import Tails, draw_overlay
from irpoint.sinks.overlay_video import OverlayVideo
from irpoint.sinks.writer import save


class OverlayFolder:
    """Writes ``NAME.png`` for each frame, ``NAME.mp4`` for each source whose frames have times.

    Several of one name get ``NAME-2.png`` and so on.

    Args:
        folder: made where missing.

    Attributes:
        folder: where the files are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._taken: set[str] = set()
        self._last_number: dict[str, int] = {}  # by stem
        self._video: OverlayVideo | None = None
        self._source = ""

    def __len__(self) -> int:
        return len(self._taken)

    def add(self, frame: Frame, result: FrameResult, tails: Tails | None = None) -> Path:
        """Draw the points of a frame (H, W) of any type, and its tracks' tails; gives the file.

        Raises:
            SettingsError: where the file cannot be written.
        """
        if result.time_s is not None:
            return self._append(frame, result, tails)
        stream = io.BytesIO()
        drawn = draw_overlay(frame, result.points, tracks=result.track_ids, tails=tails)
        drawn.save(stream, "PNG")
        path = self.folder / f"{self._free_name(result.source)}.png"
        save(path, stream.getvalue())
        return path

    def reserve(self, result: FrameResult) -> None:
        """Leave the name of a frame's file alone, which an earlier run has written."""
        if result.time_s is None or result.source != self._source:
            self._free_name(result.source)
        self._source = result.source

    def close(self) -> None:
        """Finish the last video.

        Raises:
            SettingsError: where it cannot be written.
        """
        video, self._video = self._video, None
        if video is not None:
            video.close()

    def _append(self, frame: Frame, result: FrameResult, tails: Tails | None) -> Path:
        if self._video is None or self._source != result.source:
            self.close()
            self._video = OverlayVideo(self.folder / f"{self._free_name(result.source)}.mp4")
            self._source = result.source
        self._video.add(frame, result, tails)
        return self._video.path

    def _free_name(self, source: str) -> str:
        stem = "stdin" if source == "-" else Path(source).stem or "stream"
        # Some file systems do not tell A from a.
        number = self._last_number.get(stem.casefold(), 0) + 1
        while (name := stem if number == 1 else f"{stem}-{number}").casefold() in self._taken:
            number += 1
        self._last_number[stem.casefold()] = number
        self._taken.add(name.casefold())
        return name
