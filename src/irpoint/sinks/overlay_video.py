"""A video of the frames of a source with their detections drawn on them (extra ``video``)."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from irpoint.errors import SettingsError
from irpoint.frames.arrays import Frame
from irpoint.overlay import Tails, draw_overlay
from irpoint.points import FrameResult

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

        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._unfinished = path.with_name(f".{path.stem}.part{path.suffix}")
        try:
            self._container = av.open(str(self._unfinished), "w")
        except (OSError, av.error.FFmpegError) as error:
            raise SettingsError(f"{path}: cannot be written ({error.strerror})") from error
        self._stream: Any = None
        self._last = -1

    def add(self, frame: Frame, result: FrameResult, tails: Tails | None = None) -> None:
        """Draw the points and tails of one frame (H, W) of any type; append it at its time."""
        import av

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
        if self._stream is None:
            self._stream = self._start(width, height)
        coded = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), "rgb24")
        self._last = max(self._last + 1, round((result.time_s or 0.0) * _TICKS))
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
        """Finish the file; without frames there is none."""
        if self._stream is not None:
            self._container.mux(self._stream.encode(None))
        self._container.close()
        if self._stream is None:
            self._unfinished.unlink(missing_ok=True)
        else:
            os.replace(self._unfinished, self.path)  # noqa: PTH105
