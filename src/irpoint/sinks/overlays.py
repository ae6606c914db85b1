"""A folder of overlays: frames with their detections, as pictures or videos."""

from __future__ import annotations

import io
from pathlib import Path

from irpoint.points import FrameResult
from irpoint.sinks.drawing import draw_overlay
from irpoint.sinks.overlay_video import OverlayVideo
from irpoint.sinks.writer import save


class OverlayFolder:
    """Writes ``NAME.png`` per frame, or ``NAME.mp4`` per source if its frames have times.

    Further sources of the same name become ``NAME-2.png`` and so on.

    Args:
        folder: the folder to write to; created if missing.

    Attributes:
        folder: the folder of the files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._taken: set[str] = set()
        self._last_number: dict[str, int] = {}  # by stem
        self._video: OverlayVideo | None = None
        self._source = ""

    def __len__(self) -> int:
        return len(self._taken)

    def add(self, result: FrameResult) -> Path | None:
        """Draw the points and the tails of the tracks on a frame.

        Returns:
            The file; None if the result has no pixels.

        Raises:
            SettingsError: if the file cannot be written.
        """
        if result.pixels is None:
            return None
        if result.time_s is not None:
            return self._append(result)
        stream = io.BytesIO()
        drawn = draw_overlay(
            result.pixels, result.points, tracks=result.track_ids, tails=result.tails
        )
        drawn.save(stream, "PNG")
        path = self.folder / f"{self._free_name(result.source)}.png"
        save(path, stream.getvalue())
        return path

    def reserve(self, result: FrameResult) -> None:
        """Reserve the name of a file that an earlier run has written."""
        if result.time_s is None or result.source != self._source:
            self._free_name(result.source)
        self._source = result.source

    def close(self) -> None:
        """Complete the last video.

        Raises:
            SettingsError: if it cannot be written.
        """
        video, self._video = self._video, None
        if video is not None:
            video.close()

    def _append(self, result: FrameResult) -> Path:
        if self._video is None or self._source != result.source:
            self.close()
            self._video = OverlayVideo(self.folder / f"{self._free_name(result.source)}.mp4")
            self._source = result.source
        self._video.add(result)
        return self._video.path

    def _free_name(self, source: str) -> str:
        stem = "stdin" if source == "-" else Path(source).stem or "stream"
        # Some file systems do not distinguish upper from lower case.
        number = self._last_number.get(stem.casefold(), 0) + 1
        while (name := stem if number == 1 else f"{stem}-{number}").casefold() in self._taken:
            number += 1
        self._last_number[stem.casefold()] = number
        self._taken.add(name.casefold())
        return name
