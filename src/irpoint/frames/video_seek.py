"""Random access to the frames of a video file, numbered as :func:`read_video` yields them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from irpoint.errors import FrameError, one_line
from irpoint.frames.arrays import Frame
from irpoint.frames.stack import Stack
from irpoint.frames.video import luminance, open_video

_CACHED = 48  # decoded frames, for steps backwards


class VideoFrames(Stack):
    """The frames of one video file, in any order. May be shared by threads.

    Opening reads the times of the frames from all packets without decoding them. A frame is then
    decoded from the key frame before it, or from the last frame read if that is nearer.

    Args:
        path: a video file.

    Raises:
        FrameError: if the file cannot be read as video.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._lock = threading.Lock()
        self._times = _times(path)
        self._container = open_video(str(path))
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._number = {time: number for number, time in enumerate(self._times)}
        self._frames: Iterator[Any] | None = None
        self._next = 0  # number of the frame that the decoder returns next
        self._cache: OrderedDict[int, Frame] = OrderedDict()

    @staticmethod
    def count(path: Path) -> int:
        """Number of frames in a video file, without decoding them.

        Raises:
            FrameError: if the file cannot be read as video.
        """
        return len(_times(path))

    def __len__(self) -> int:
        return len(self._times)

    def close(self) -> None:
        """Close the file; no frame can be read after that."""
        with self._lock:
            self._container.close()

    def read(self, number: int) -> Frame:
        """Luminance (H, W) of frame ``number``, counted from 0, as stored.

        Raises:
            FrameError: if there is no such frame, or it is damaged.
        """
        if not 0 <= number < len(self._times):
            raise FrameError(f"{self._path}: no frame {number}; it has {len(self._times)} frames")
        with self._lock:
            if number not in self._cache:
                self._decode_to(number)
            self._cache.move_to_end(number)
            return self._cache[number]

    def _decode_to(self, number: int) -> None:
        import av

        try:
            if self._frames is None or not 0 <= number - self._next < _CACHED:
                self._container.seek(self._times[number], stream=self._stream, backward=True)
                self._frames = self._container.decode(self._stream)
            for picture in self._frames:
                at = self._number.get(picture.pts, -1)
                self._next = at + 1
                self._store(at, luminance(picture))
                if at >= number:
                    break
        except (av.error.FFmpegError, OSError) as error:
            self._frames = None
            raise FrameError(
                f"{self._path}: frame {number} is damaged ({one_line(error)})"
            ) from error
        if number not in self._cache:
            self._frames = None
            raise FrameError(
                f"{self._path}: frame {number} cannot be decoded; export the video again"
            )

    def _store(self, number: int, frame: Frame) -> None:
        self._cache[number] = frame
        while len(self._cache) > _CACHED:
            self._cache.popitem(last=False)


def _times(path: Path) -> list[int]:
    """Presentation times of all frames in order, in the time base of the stream."""
    import av

    container = open_video(str(path))
    with container:
        if not container.streams.video:
            raise FrameError(f"{path}: contains no video; give another file")
        try:
            packets = container.demux(container.streams.video[0])
            clocks = (packet.dts if packet.pts is None else packet.pts for packet in packets)
            times = {clock for clock in clocks if clock is not None}
        except (av.error.FFmpegError, OSError) as error:
            raise FrameError(
                f"{path}: damaged ({one_line(error)}); copy or export it again"
            ) from error
    if not times:
        raise FrameError(f"{path}: no frame has a time; export it again")
    return sorted(times)
