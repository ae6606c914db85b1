"""A video of the frames of a source with their detections drawn on them (extra ``video``)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.errors import SettingsError, one_line
from irpoint.points import FrameResult
from irpoint.sinks.drawing import draw_overlay
from irpoint.sinks.seal import seal_mp4

_CODECS = (
    "libx264",
    "libopenh264",
    "mpeg4",
)  # the first that this FFmpeg has
_TICKS = 1000  # per second
# Videos that are 640 px wide are not enlarged: encoding time grows with the number of pixels, and
# players can enlarge.
_MIN_WIDTH = 640
# Encoding takes a quarter of the time of slower presets. Files of noisy scenes are as large as with
# those; files of quiet scenes are larger, and closer to the original frames.
_X264 = {"preset": "ultrafast", "crf": "20"}


class OverlayVideo:
    """Writes an MP4 frame by frame. The complete file appears on :meth:`close`.

    Args:
        path: the file to write.

    Raises:
        SettingsError: if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        import av

        self.path = path
        # Absolute, because FFmpeg reads the text before a colon as a protocol.
        self._unfinished = path.with_name(f".{path.stem}.part{path.suffix}").absolute()
        self._container: Any = None
        self._stream: Any = None
        self._last = -1
        with self._removed_on_failure():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(self._unfinished), "w")

    def add(self, result: FrameResult) -> None:
        """Draw the points and the tails of one frame, and append it at its time.

        Raises:
            SettingsError: if the file cannot be written; the unfinished file is then removed.
        """
        assert result.pixels is not None
        drawn = draw_overlay(
            result.pixels,
            result.points,
            insets=False,
            tracks=result.track_ids,
            tails=result.tails,
            min_width=_MIN_WIDTH,
        )
        picture = np.asarray(drawn)  # without insets, all pictures have the same size
        height, width = (side - side % 2 for side in picture.shape[:2])  # even: 4:2:0
        self._last = max(self._last + 1, round((result.time_s or 0.0) * _TICKS))
        with self._removed_on_failure():
            self._append(np.ascontiguousarray(picture[:height, :width]))

    def _append(self, picture: npt.NDArray[np.uint8]) -> None:
        import av

        height, width = picture.shape[:2]
        if self._stream is None:
            self._stream = self._start(width, height)
        coded = av.VideoFrame.from_ndarray(picture, "rgb24")
        coded.pts, coded.time_base = self._last, Fraction(1, _TICKS)
        self._container.mux(self._stream.encode(coded))

    def _start(self, width: int, height: int) -> Any:
        import av

        codec = next(name for name in _CODECS if name in av.codecs_available)
        stream: Any = self._container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        stream.time_base = Fraction(1, _TICKS)
        if codec == "libx264":
            stream.options = _X264
        else:
            stream.bit_rate = 4_000_000
        return stream

    def close(self) -> None:
        """Complete the file. Without frames, or after a failure, no file is written.

        Raises:
            SettingsError: if it cannot be written.
        """
        if self._stream is None:
            self._remove()
            return
        with self._removed_on_failure():
            self._container.mux(self._stream.encode(None))
            self._container.close()
            seal_mp4(self._unfinished, self.path.name)
            os.replace(self._unfinished, self.path)  # noqa: PTH105

    @contextmanager
    def _removed_on_failure(self) -> Iterator[None]:
        import av

        try:
            yield
        except (OSError, av.error.FFmpegError) as error:
            self._remove()
            reason = one_line(error)
            raise SettingsError(f"{self.path}: cannot be written ({reason})") from error

    def _remove(self) -> None:
        import av

        self._stream = None
        with suppress(OSError, av.error.FFmpegError):
            if self._container is not None:
                self._container.close()
        with suppress(OSError):
            self._unfinished.unlink()
