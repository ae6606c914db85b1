"""The thread that reads: it never waits for the network, and reopens a camera that was lost."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from irpoint.errors import IrpointError, one_line
from irpoint.frames.source import Skipped, Source, SourceFrame
from irpoint.frames.source_clock import JUMP_S, SourceClock
from irpoint.live.events import EventLog
from irpoint.live.newest import Newest
from irpoint.live.pace import Pace
from irpoint.points import Instant

_PAUSES_S = (0.5, 1.0, 2.0, 5.0)  # before each attempt to open a live source again
_STALLED_S = 2.0  # without a frame, at least
_STALLED_FRAMES = 4  # that should have come meanwhile
_BACK_FRAMES = 4  # in a row, until a source counts as back
_OPENING_S = 10.0  # without a first frame; a stream may need some seconds until its next key frame
_STANDARD_INPUT = "-"  # cannot be opened again
_RATE_FRAMES = 60


@dataclass
class Reading:
    """What is known about the frames that were read.

    Attributes:
        frames: number of frames.
        skipped: number of parts that could not be read.
        lost: number of times that a live source ended.
        stalls: number of times that it gave no frame for two seconds, or the time of four frames.
        jumps: number of jumps of a clock.
        finished: whether the last file has ended.
        arrivals: when the latest frames were read, monotonic seconds.
        read_ms: processor time of the reading thread for each of them.
    """

    frames: int = 0
    skipped: int = 0
    lost: int = 0
    stalls: int = 0
    jumps: int = 0
    finished: bool = False
    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=_RATE_FRAMES))
    read_ms: deque[float] = field(default_factory=lambda: deque(maxlen=_RATE_FRAMES))


class Reader:
    """Reads sources one after the other into a :class:`Newest`.

    Args:
        sources: as :func:`irpoint.pipeline.find_sources` lists them. A live one is read for ever.
        newest: where the frames go.
        log: where faults are reported.
        pace: of files, which are played as if they were live.
        loop: whether to start again after the last file.

    Attributes:
        live: whether a source is live, so that it cannot be paused.
        reading: what is known about the frames that were read.
    """

    def __init__(
        self, sources: Sequence[Source], newest: Newest, log: EventLog, pace: Pace, loop: bool
    ) -> None:
        self.live = any(source.live for source in sources)
        self.reading = Reading()
        self._sources, self._newest, self._log = sources, newest, log
        self._pace, self._loop = pace, loop
        self._stop = threading.Event()
        self._down = False  # a fault was reported, and frames do not come regularly since
        self._lost_at = 0.0  # when the last frame before the fault came
        self._back, self._pause_s = 0, 0.0  # frames since the fault, and the pause before them
        self._clock = SourceClock()
        self._last: SourceFrame | None = None
        self._began = time.monotonic()
        self._played_s = 0.0  # by earlier rounds of a loop
        self._thread = threading.Thread(target=self._run, name="live-reader", daemon=True)

    @property
    def down(self) -> bool:
        """Whether frames do not come regularly since the last fault."""
        return self._down

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread as soon as the source gives it back."""
        self._stop.set()
        self._pace.stop()

    def watch(self) -> None:
        """Report a stall; call this regularly."""
        arrivals = self.reading.arrivals
        last, limit = (arrivals[-1], self._stalled_s()) if arrivals else (self._began, _OPENING_S)
        if self.live and not self._down and time.monotonic() - last > limit:
            self.reading.stalls += 1
            self._fault(f"{self._name()}: no frame for {limit:.3g} s")

    def _stalled_s(self) -> float:
        """Seconds without a frame that are a stall, at the rate of this source."""
        arrivals = list(self.reading.arrivals)
        pauses = [later - earlier for earlier, later in pairwise(arrivals)]
        usual = statistics.median(pauses) if pauses else 0.0
        return max(_STALLED_S, _STALLED_FRAMES * usual)

    def _fault(self, text: str) -> None:
        """Report the first fault since frames came; those that follow have the same cause."""
        if not self._down:
            self._go_down()
            self._log.add(text)

    def _name(self) -> str:
        return self._last.source if self._last else self._sources[0].name

    def _run(self) -> None:
        while not self._stop.is_set():
            for source in self._sources:
                if source.live:
                    self._read_live(source)
                else:
                    self._read(source, 0, self._played_s)
                if self._stop.is_set():
                    return
            if not self._loop or not self.reading.frames:
                break
            if self._last is not None and self._last.time_s is not None:
                self._played_s = self._last.time_s + 1 / 30
            self._pace.restart()
        self.reading.finished = True
        self._log.add(f"{self._name()}: ended; frames read: {self.reading.frames}")

    def _read_live(self, source: Source) -> None:
        """Read a live source for ever; open it again whenever it ends."""
        attempt, reported = 0, -1
        while not self._stop.is_set():
            before = self.reading.frames
            self._clock.restart()
            self._read(source, before, 0.0)
            if self._stop.is_set() or source.name == _STANDARD_INPUT:
                return
            attempt = 0 if self.reading.frames > before else min(attempt + 1, len(_PAUSES_S) - 1)
            if reported < self.reading.frames:
                reported = self.reading.frames
                self._go_down()
                self.reading.lost += 1
                self._log.add(f"{source.name}: no more frames; trying again until it is back")
            self._stop.wait(_PAUSES_S[attempt])

    def _read(self, source: Source, first: int, offset: float) -> None:
        """Read a source once. Frames count from ``first``, times of a file from ``offset``."""
        try:
            began = time.thread_time()
            for item in source.frames():
                if isinstance(item, Skipped):
                    self.reading.skipped += 1
                    self._fault(item.reason)
                elif not source.live and not self._pace.wait(item.time_s):
                    return
                else:
                    self.reading.read_ms.append(1000 * (time.thread_time() - began))
                    stamp = None if item.time_s is None else item.time_s + offset
                    moment, index = Instant.now(), item.index + first
                    if source.live and stamp is not None:
                        stamp, jump = self._clock.time(stamp, moment.monotonic_s)
                        self._jumped(f"{source.name}: its clock", jump)
                    self._hand_over(replace(item, index=index, time_s=stamp, received=moment))
                if self._stop.is_set():
                    return
                began = time.thread_time()
        except (IrpointError, OSError) as error:  # a source reports its own faults as Skipped
            self.reading.skipped += 1
            self._fault(f"{source.name}: {one_line(error)}")

    def _hand_over(self, frame: SourceFrame) -> None:
        self._compare(frame)
        self._last = frame
        self.reading.frames += 1
        self.reading.arrivals.append(frame.received.monotonic_s)
        self._newest.put(frame)

    def _compare(self, frame: SourceFrame) -> None:
        """Report what changed since the frame before: the size, a clock, the end of a fault."""
        last, now = self._last, frame.received
        gap = now.monotonic_s - self._last_at()
        self._returned(frame.source, now.monotonic_s, gap)
        if last is None:
            return
        if frame.frame.shape != last.frame.shape:
            sizes = (f"{item.frame.shape[1]}x{item.frame.shape[0]}" for item in (frame, last))
            self._log.add("{}: frames are now {}, before {}".format(frame.source, *sizes))
        self._jumped("the clock of this machine", now.utc_s - last.received.utc_s - gap)
        times = frame.time_s, last.time_s
        if not self.live and frame.source == last.source and None not in times:
            step = (frame.time_s or 0.0) - (last.time_s or 0.0)
            self._jumped(f"{frame.source}: its clock", step if step < 0 else max(0.0, step - gap))

    def _last_at(self) -> float:
        return self._last.received.monotonic_s if self._last else self._began

    def _go_down(self) -> None:
        if not self._down:
            self._lost_at = self._last_at()
        self._down, self._back = True, 0

    def _returned(self, source: str, now: float, gap: float) -> None:
        """End a fault; that of a live source with its fourth frame.

        A decoder whose stream has ended gives some frames that it has held back.
        """
        if not self._down:
            return
        if not self._back or gap > self._stalled_s():
            self._back, self._pause_s = 0, now - self._lost_at
        self._back += 1
        if self._back >= (_BACK_FRAMES if self.live else 1):
            if self._pause_s > _STALLED_S:
                self._log.add(f"{source}: frames again after {self._pause_s:.1f} s")
            self._down = False

    def _jumped(self, clock: str, jump: float) -> None:
        if abs(jump) > JUMP_S:
            self.reading.jumps += 1
            self._log.add(f"{clock} jumped by {jump:+.1f} s")
