"""The frames of a video file: their number, times, and where decoding can start."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from irpoint.errors import FrameError, one_line
from irpoint.frames.arrays import Frame
from irpoint.frames.luminance import luminance
from irpoint.frames.video import decode_images, open_video, seconds, video_stream

if TYPE_CHECKING:
    import av

# Containers that state the display time of every frame, and codecs of which each packet gives one.
_EXACT_CONTAINERS = ("mov,", "matroska,")
_EXACT_CODECS = ("h264", "hevc", "mpeg4", "vp9", "av1", "ffv1")


@dataclass(frozen=True)
class VideoIndex:
    """The frames of a video, in the order in which they are decoded.

    Attributes:
        times: seconds from the first frame to each one.
        stamps: time stamp of each, in the time base of the stream; None if it has none.
        keys: numbers of the frames at which decoding can start, ascending.
        checksums: checksum of each frame; None if the time stamps alone identify the frames.
    """

    times: tuple[float, ...]
    stamps: tuple[int | None, ...]
    keys: tuple[int, ...]
    checksums: tuple[int, ...] | None

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def number_of(self) -> dict[int, int]:
        """Number of the frame by time stamp, for the time stamps that are unique."""
        numbers: dict[int, int] = {}
        repeated = set()
        for number, stamp in enumerate(self.stamps):
            if stamp in numbers:
                repeated.add(stamp)
            elif stamp is not None:
                numbers[stamp] = number
        return {stamp: n for stamp, n in numbers.items() if stamp not in repeated}

    def fits(self, number: int, image: av.VideoFrame, frame: Frame) -> bool:
        """Whether a decoded image, whose luminance is ``frame``, is frame ``number``."""
        if not 0 <= number < len(self) or self.stamps[number] != image.pts:
            return False
        if self.checksums is None:  # a damaged frame looks different from another key frame
            return not image.is_corrupt
        return self.checksums[number] == checksum(frame)


def checksum(frame: Frame) -> int:
    """A checksum of the pixels."""
    return zlib.crc32(frame.data)


def video_index(path: Path, *, decode: bool = False) -> VideoIndex:
    """The index of a video file, kept until the file is modified.

    The packets of most MP4, MOV, MKV and WebM files tell all. Other files are decoded once, because
    their packets tell neither the number nor the order of the frames.

    Args:
        path: a video file.
        decode: decode it in any case.

    Raises:
        FrameError: if the file cannot be read as video.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise FrameError(f"{path}: cannot be read ({one_line(error)})") from error
    return _cached(path, state.st_mtime_ns, state.st_size, decode)


@lru_cache(maxsize=256)
def _cached(path: Path, modified_ns: int, size: int, decode: bool) -> VideoIndex:
    index = None if decode else _from_packets(path)
    return index or _from_frames(path)


def _from_packets(path: Path) -> VideoIndex | None:
    """The index from the packets alone; None if they do not tell it with certainty."""
    import av

    with open_video(str(path)) as container:
        stream = video_stream(container, str(path))
        codec = stream.codec_context.codec
        if not container.format.name.startswith(_EXACT_CONTAINERS) or not (
            codec.intra_only or codec.name.startswith(_EXACT_CODECS)
        ):
            return None
        try:
            packets = [packet for packet in container.demux(stream) if packet.size]
        except (av.error.FFmpegError, OSError):
            return None
        if not packets or not packets[0].is_keyframe or not all(map(_is_plain, packets)):
            return None
        stamps = sorted(packet.pts for packet in packets)
        if len(set(stamps)) < len(stamps):
            return None
        numbers = {stamp: number for number, stamp in enumerate(stamps)}
        keys = sorted(numbers[packet.pts] for packet in packets if packet.is_keyframe)
        start = seconds(stamps[0], stream.time_base)
        times = tuple(seconds(stamp, stream.time_base) - start for stamp in stamps)
        return VideoIndex(times, tuple(stamps), tuple(keys), None)


def _is_plain(packet: Any) -> bool:
    return packet.pts is not None and not packet.is_corrupt and not packet.is_discard


def _from_frames(path: Path) -> VideoIndex:
    """The index from decoding the whole file."""
    times: list[float] = []
    stamps: list[int | None] = []
    keys: list[int] = []
    checksums: list[int] = []
    try:
        with open_video(str(path)) as container:
            for item in decode_images(container, str(path)):
                if isinstance(item, str):
                    continue
                clock, image = item
                if image.key_frame:
                    keys.append(len(times))
                times.append(clock)
                stamps.append(image.pts)
                checksums.append(checksum(luminance(image)))
    except FrameError:
        if not times:
            raise
    if not times:
        raise FrameError(f"{path}: no frame can be decoded; copy or export it again")
    return VideoIndex(
        tuple(time - times[0] for time in times), tuple(stamps), tuple(keys), tuple(checksums)
    )
