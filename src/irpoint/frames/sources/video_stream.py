"""A camera or a video at an address: RTSP, UDP, HTTP, V4L2 and other protocols of FFmpeg."""

from __future__ import annotations

import time
from collections.abc import Iterator

from irpoint.errors import FrameError
from irpoint.frames.notes import Note, report
from irpoint.frames.raw import RawLayout
from irpoint.frames.source_clock import SourceClock
from irpoint.frames.sources.base import Item, NamedSource
from irpoint.frames.video import is_address, is_camera, open_video, read_container

# With these protocols, a server reports a duration if the video has an end. A stream over any
# other protocol is treated as a camera.
_MAY_END = ("http:", "https:", "ftp:", "sftp:")
_PAUSES_S = (1.0, 2.0, 4.0, 8.0)  # before each attempt to reconnect


class VideoStream(NamedSource):
    """A camera (``/dev/video0``) or an address (``rtsp://…``).

    If a live stream drops, up to four attempts to reconnect are made within 15 seconds. If its
    clock jumps, a :class:`FrameWarning` says so, and times go on without the jump. A video that has
    an end, such as a file on a web server, is read once.
    """

    clock = True

    def __init__(self, name: str, raw: RawLayout | None = None) -> None:
        super().__init__(name, raw)
        self.live = not name.lower().startswith("file:")
        self.repeatable = not self.live

    @classmethod
    def matches(cls, name: str, raw: RawLayout | None) -> bool:
        return is_address(name) or is_camera(name)

    def read(self) -> Iterator[Item]:
        name, live, start, attempt = self.name, self.live, time.monotonic(), 0
        clock = SourceClock()
        while True:
            clock.restart()
            try:
                with open_video(name) as container:
                    live = live and not (name.lower().startswith(_MAY_END) and container.duration)
                    for item in read_container(container, name, live):
                        if isinstance(item, str):
                            yield item
                            continue
                        attempt = 0
                        yield (self._time(clock, item[0]) if live else item[0]), item[1]
                if not live:
                    return
                problem = f"{name}: the stream ended"
            except FrameError as error:
                failed_at_once = attempt == 0 and time.monotonic() - start < _PAUSES_S[0]
                if not live or failed_at_once:
                    raise
                problem = str(error)
            if attempt >= len(_PAUSES_S):
                raise FrameError(f"{problem}; gave up after {attempt} attempts to reconnect")
            yield f"{problem}; reconnecting"
            time.sleep(_PAUSES_S[attempt])
            attempt += 1

    def _time(self, clock: SourceClock, stamp: float) -> float:
        without_jumps, jump = clock.time(stamp, time.monotonic())
        if jump:
            report([Note("clock", f"its clock jumped by {jump:+.1f} s")], self.name)
        return without_jumps
