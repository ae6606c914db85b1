"""Frames of a video file at random, by the number that :func:`read_video` gives them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from irpoint.errors import FrameError, one_line
from irpoint.frames.arrays import Frame
from irpoint.frames.video import luminance, open_video

_KEPT = 48  # decoded frames, for steps back


class VideoFrames:
    """Random access to the frames of one video file; safe to use from several threads.

    The packets are walked through once without decoding, which gives every frame's time; a frame
    is then decoded from the key frame before it, or from the last one read where that is nearer.

    Args:
        path: a video file.

    Raises:
        FrameError: where it cannot be read as video.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._times = _times(path)
        self._container = open_video(str(path))
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._number = {time: number for number, time in enumerate(self._times)}
        self._frames: Iterator[Any] | None = None
        self._next = 0  # number of the frame that the decoder gives next
        self._kept: OrderedDict[int, Frame] = OrderedDict()

    @staticmethod
    def count(path: Path) -> int:
        """Number of frames in a video file, without decoding them."""
        return len(_times(path))

    def __len__(self) -> int:
        return len(self._times)

    def close(self) -> None:
        with self._lock:
            self._container.close()

    def read(self, number: int) -> Frame:
        """Frame ``number``, from 0: its luminance (H, W) as stored.

        Raises:
            FrameError: where there is no such frame, or it is damaged.
        """
        if not 0 <= number < len(self._times):
            raise FrameError(f"{self._path}: no frame {number}; it holds {len(self._times)}")
        with self._lock:
            if number not in self._kept:
                self._decode_to(number)
            self._kept.move_to_end(number)
            return self._kept[number]

    def _decode_to(self, number: int) -> None:
        import av

        try:
            if self._frames is None or not 0 <= number - self._next < _KEPT:
                self._container.seek(self._times[number], stream=self._stream, backward=True)
                self._frames = self._container.decode(self._stream)
            for picture in self._frames:
                at = self._number.get(picture.pts, -1)
                self._next = at + 1
                self._keep(at, luminance(picture))
                if at >= number:
                    break
        except (av.error.FFmpegError, OSError) as error:
            self._frames = None
            raise FrameError(
                f"{self._path}: frame {number} is damaged ({one_line(error)})"
            ) from error
        if number not in self._kept:
            self._frames = None
            raise FrameError(f"{self._path}: frame {number} cannot be decoded")

    def _keep(self, number: int, frame: Frame) -> None:
        self._kept[number] = frame
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def _times(path: Path) -> list[int]:
    """Presentation times of all frames, in order, in units of the stream."""
    import av

    container = open_video(str(path))
    with container:
        if not container.streams.video:
            raise FrameError(f"{path}: holds no video")
        try:
            packets = container.demux(container.streams.video[0])
            clocks = (packet.dts if packet.pts is None else packet.pts for packet in packets)
            times = {clock for clock in clocks if clock is not None}
        except (av.error.FFmpegError, OSError) as error:
            raise FrameError(
                f"{path}: damaged ({one_line(error)}); copy or export it again"
            ) from error
    if not times:
        raise FrameError(f"{path}: holds no frame with a time")
    return sorted(times)
