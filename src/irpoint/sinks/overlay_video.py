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
from irpoint.frames.arrays import Frame
from irpoint.points import FrameResult
from irpoint.sinks.drawing import Tails, draw_overlay

_CODECS = ("libx264", "libopenh264", "mpeg4")  # the first that this build of FFmpeg has
_TICKS = 1000  # a second
# A camera's 640 stays 640: pixels are what coding costs, and players enlarge.
_LEAST_WIDTH = 640
# Of noise, files as large as with slower presets, in a quarter of the time; of quiet scenes larger,
# and closer to the frames.
_X264 = {"preset": "ultrafast", "crf": "20"}


class OverlayVideo:
    """Writes an MP4 frame by frame; the file is complete after :meth:`close`, and only then there.

    Args:
        path: of the file.

    Raises:
        SettingsError: where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        import av

        self.path = path
        # Absolute: FFmpeg would take what stands before a colon for a protocol.
        self._unfinished = path.with_name(f".{path.stem}.part{path.suffix}").absolute()
        self._container: Any = None
        self._stream: Any = None
        self._last = -1
        with self._dropped_on_failure():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(self._unfinished), "w")

    def add(self, frame: Frame, result: FrameResult, tails: Tails | None = None) -> None:
        """Draw the points and tails of one frame (H, W) of any type; append it at its time.

        Raises:
            SettingsError: where it cannot be written; nothing is left of the file then.
        """
        drawn = draw_overlay(
            frame,
            result.points,
            insets=False,
            tracks=result.track_ids,
            tails=tails,
            least_width=_LEAST_WIDTH,
        )
        picture = np.asarray(drawn)  # without insets all are of one size
        height, width = (side - side % 2 for side in picture.shape[:2])  # as 4:2:0 colour needs
        self._last = max(self._last + 1, round((result.time_s or 0.0) * _TICKS))
        with self._dropped_on_failure():
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
        """Finish the file; without frames, or after a failure, there is none.

        Raises:
            SettingsError: where it cannot be written.
        """
        if self._stream is None:
            self._drop()
            return
        with self._dropped_on_failure():
            self._container.mux(self._stream.encode(None))
            self._container.close()
            os.replace(self._unfinished, self.path)  # noqa: PTH105

    @contextmanager
    def _dropped_on_failure(self) -> Iterator[None]:
        import av

        try:
            yield
        except (OSError, av.error.FFmpegError) as error:
            self._drop()
            why = one_line(error)
            raise SettingsError(f"{self.path}: cannot be written ({why})") from error

    def _drop(self) -> None:
        import av

        self._stream = None
        with suppress(OSError, av.error.FFmpegError):
            if self._container is not None:
                self._container.close()
        with suppress(OSError):
            self._unfinished.unlink()
