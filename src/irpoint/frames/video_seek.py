"""Random access to the frames of a video file, numbered as :func:`read_video` yields them."""

from __future__ import annotations

import threading
import warnings
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from irpoint.errors import FrameError, FrameWarning
from irpoint.frames.arrays import Frame
from irpoint.frames.luminance import luminance
from irpoint.frames.stack import Stack
from irpoint.frames.video import decode_images, open_video, video_stream, warn_of_colours
from irpoint.frames.video_index import video_index

if TYPE_CHECKING:
    import av

_CACHED = 48  # decoded frames, for steps backwards
_KEYS_TRIED = 2  # key frames from which decoding is tried before it starts at the first frame


class VideoFrames(Stack):
    """The frames of one video file, in any order. May be shared by threads.

    A frame is decoded from the key frame before it, or from the last frame read if that is nearer.
    It is compared with what :class:`irpoint.frames.video_index.VideoIndex` knows about it. If they
    differ, it is decoded from an earlier key frame and, in the end, from the start of the file,
    which is slow but gives the frame that detection reads.

    Args:
        path: a video file.

    Raises:
        FrameError: if the file cannot be read as video.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._lock = threading.Lock()
        self._index = video_index(path)
        self._container: Any = None
        self._looked = False
        self._images: Iterator[av.VideoFrame] | None = None
        self._next: int | None = None  # the frame that the decoder returns next, if it is known
        self._first = 0  # frames before this one may be damaged, because decoding started after it
        self._cache: OrderedDict[int, Frame] = OrderedDict()

    @staticmethod
    def count(path: Path) -> int:
        """Number of frames in a video file.

        Raises:
            FrameError: if the file cannot be read as video.
        """
        return len(video_index(path))

    def __len__(self) -> int:
        return len(self._index)

    def time_s(self, index: int) -> float:
        """Seconds from the first frame to frame ``index``."""
        return self._index.times[index]

    def close(self) -> None:
        """Close the file; no frame can be read after that."""
        with self._lock:
            self._stop()

    def read(self, index: int) -> Frame:
        """Luminance (H, W) of frame ``index``, counted from 0, as stored.

        Raises:
            FrameError: if there is no such frame, or it is damaged.
        """
        with self._lock:
            if index not in self._cache:
                self._check(index)
                if not self._decode_to(index):
                    self._count_again()
                    self._check(index)
                    if not self._decode_to(index):
                        raise FrameError(
                            f"{self._path}: frame {index} cannot be decoded; export the video again"
                        )
            self._cache.move_to_end(index)
            return self._cache[index]

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self._index):
            raise FrameError(f"{self._path}: no frame {index}; it has {len(self._index)} frames")

    def _decode_to(self, index: int) -> bool:
        """Decode until frame ``index`` is in the cache; False if it is not found."""
        if self._next is not None and 0 <= index - self._next < _CACHED and self._advance(index):
            return True
        for start in self._starts(index):
            self._restart(start)
            if self._advance(index):
                return True
        self._stop()
        return False

    def _starts(self, index: int) -> Iterator[int]:
        """Frames at which to start decoding, the nearest first."""
        keys = self._index.keys
        at = bisect_right(keys, index)
        for key in reversed(keys[max(0, at - _KEYS_TRIED) : at]):
            if key and self._index.stamps[key] in self._index.number_of:
                yield key
        yield 0

    def _restart(self, key: int) -> None:
        """Decode from frame ``key`` on."""
        if key == 0 or self._container is None:
            self._stop()
            self._container = open_video(str(self._path))
        self._first, self._next = key, 0 if key == 0 else None
        if key:
            stream = video_stream(self._container, str(self._path))
            self._container.seek(self._index.stamps[key], stream=stream, backward=True)
        items = decode_images(self._container, str(self._path))
        self._images = (item[1] for item in items if not isinstance(item, str))

    def _advance(self, index: int) -> bool:
        """Decode up to frame ``index``; False if the frames are not those of the index."""
        import av

        try:
            for image in self._images or ():
                number = self._next
                if number is None:  # the first frames after a seek
                    number = None if image.pts is None else self._index.number_of.get(image.pts)
                    if number is None or number < self._first:
                        continue  # of an earlier key frame, or a frame that needs frames before it
                frame = luminance(image)
                self._look(image)
                # From the start, frames are counted: damaged ones may look different each time.
                counted = self._first == 0 and self._index.checksums is not None
                if number > index or not (counted or self._index.fits(number, image, frame)):
                    break
                self._next = number + 1
                self._store(number, frame)
                if number == index:
                    return True
        except (av.error.FFmpegError, OSError, FrameError):
            pass
        self._images = self._next = None
        return False

    def _look(self, image: av.VideoFrame) -> None:
        """Warn about the colours of the first frame that is decoded."""
        if not self._looked:
            self._looked = True
            warn_of_colours(image, str(self._path))

    def _count_again(self) -> None:
        """Decode the whole file, because the packets did not tell the frames."""
        if self._index.checksums is not None:
            return
        before, self._index = len(self._index), video_index(self._path, decode=True)
        self._cache.clear()
        if len(self._index) != before:
            text = f"damaged: {len(self._index)} of {before} frames can be decoded; frames after "
            text += "the damage have other numbers than before; export the video again"
            warnings.warn(FrameWarning("damaged", str(self._path), text), stacklevel=3)

    def _store(self, number: int, frame: Frame) -> None:
        self._cache[number] = frame
        while len(self._cache) > _CACHED:
            self._cache.popitem(last=False)

    def _stop(self) -> None:
        self._images = self._next = None
        if self._container is not None:
            self._container.close()
            self._container = None
