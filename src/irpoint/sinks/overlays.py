"""A folder of overlays: frames with their detections, as pictures or videos."""

from __future__ import annotations

import io
from contextlib import suppress
from itertools import chain, count
from pathlib import Path

from irpoint.points import FrameResult
from irpoint.sinks.drawing import draw_overlay
from irpoint.sinks.overlay_video import OverlayVideo
from irpoint.sinks.seal import is_sealed, seal_png
from irpoint.sinks.writer import save


class OverlayFolder:
    """Writes pictures and videos of the frames of each source.

    ========================================  ==================================================
    a file of one frame                       ``NAME.png``
    a source of several frames                ``NAME-0.png``, ``NAME-1.png``, …: the frame numbers
    a source whose frames have times          ``NAME.mp4``
    ========================================  ==================================================

    The second source of a name is ``NAME-2``, and so on. If such a name is taken, its last hyphen
    becomes an underscore.

    Args:
        folder: the folder to write to; created if missing.

    Attributes:
        folder: the folder of the files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: set[str] = set()  # names of the files, as _key() compares them
        self._taken: set[str] = set()  # the same without suffix
        self._sources: dict[str, int] = {}  # number of sources by stem
        self._source = self._name = ""  # of the last frame
        self._first: bytes | None = None  # the only picture of that source so far
        self._video: OverlayVideo | None = None

    def __len__(self) -> int:
        return len(self._files)

    def add(self, result: FrameResult) -> Path | None:
        """Draw the points and the tails of the tracks on a frame.

        The picture of frame 0 is ``NAME.png`` until frame 1 of the same source is added.

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
        if result.index and self._first is not None:
            self._save(self._number_first(), self._first)
            with suppress(OSError):
                (self.folder / f"{self._name}.png").unlink()
        path = self._save(self._picture(result), stream.getvalue())
        self._first = None if result.index else stream.getvalue()
        return path

    def reserve(self, result: FrameResult) -> None:
        """Reserve the name of a file that an earlier run has written."""
        if result.time_s is None:
            if result.index and self._first is not None:
                self._number_first()
            self._picture(result)
            self._first = None if result.index else b""
        elif result.source != self._source:
            self._begin(result.source, ".mp4")

    def close(self) -> None:
        """Complete the last video.

        Raises:
            SettingsError: if it cannot be written.
        """
        video, self._video = self._video, None
        if video is not None:
            video.close()

    def remove_stale(self) -> None:
        """Delete the overlays that earlier runs wrote to the folder, and this one did not replace.

        Files that irpoint did not write, and overlays that were renamed or edited, stay.
        """
        with suppress(OSError):  # there is no folder, or it may not be changed
            found = [path for path in self.folder.iterdir() if _key(path.name) not in self._files]
            stale = [path for path in found if is_sealed(path)]
            for path in stale:
                path.unlink()
            if stale and not self._files:
                self.folder.rmdir()  # fails unless it is empty

    def _append(self, result: FrameResult) -> Path:
        if self._video is None or self._source != result.source:
            self.close()
            self._begin(result.source, ".mp4")
            self._video = OverlayVideo(self.folder / f"{self._name}.mp4")
        self._video.add(result)
        return self._video.path

    def _save(self, name: str, picture: bytes) -> Path:
        path = self.folder / f"{name}.png"
        save(path, seal_png(picture, path.name))
        return path

    def _picture(self, result: FrameResult) -> str:
        """Take the name of a frame's picture."""
        if result.index == 0 or result.source != self._source:
            self._begin(result.source, ".png" if result.index == 0 else None)
        return self._name if result.index == 0 else self._take(self._numbered(result.index))

    def _number_first(self) -> str:
        """The new name of the picture of frame 0, because its source has more frames."""
        self._files.discard(_key(f"{self._name}.png"))
        return self._take(self._numbered(0))

    def _begin(self, source: str, suffix: str | None) -> None:
        """Begin the next source: choose its name, which is that of a file with ``suffix``."""
        stem = "stdin" if source == "-" else Path(source).stem or "stream"
        number = self._sources[_key(stem)] = self._sources.get(_key(stem), 0) + 1
        self._source, self._first, self._name = source, None, stem
        if number > 1 or _key(stem) in self._taken:
            self._name = self._numbered(max(number, 2))
        self._taken.add(_key(self._name))
        if suffix is not None:
            self._files.add(_key(self._name + suffix))

    def _take(self, name: str) -> str:
        self._taken.add(_key(name))
        self._files.add(_key(f"{name}.png"))
        return name

    def _numbered(self, number: int) -> str:
        """``NAME-number``, with underscores instead of the hyphen if that is taken."""
        joints = chain("-", ("_" * length for length in count(1)))
        names = (f"{self._name}{joint}{number}" for joint in joints)
        return next(name for name in names if _key(name) not in self._taken)


def _key(name: str) -> str:
    return name.casefold()  # some file systems do not distinguish upper from lower case
