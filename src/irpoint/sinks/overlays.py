"""A folder of frames with their detections drawn on them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy.typing as npt

from irpoint.overlay import draw_overlay
from irpoint.points import Points
from irpoint.sinks.writer import save


class OverlayFolder:
    """Writes ``NAME.png`` for each source; sources of one stem get ``NAME-2.png`` and so on.

    Args:
        folder: made where missing.

    Attributes:
        folder: where the pictures are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._taken: set[str] = set()

    def __len__(self) -> int:
        return len(self._taken)

    def add(self, source: str, frame: npt.NDArray[Any], points: Points) -> Path:
        """Draw ``points`` on a frame (H, W) of any type; gives the file.

        Raises:
            SettingsError: where the file cannot be written.
        """
        stream = io.BytesIO()
        draw_overlay(frame, points).save(stream, "PNG")
        path = self.folder / f"{self._free_name(source)}.png"
        save(path, stream.getvalue())
        return path

    def _free_name(self, source: str) -> str:
        stem = "stdin" if source == "-" else Path(source).stem
        name, number = stem, 1
        # Some file systems do not tell A from a.
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._taken.add(name.casefold())
        return name
