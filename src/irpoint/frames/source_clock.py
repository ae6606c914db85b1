"""The clock of a live source against the one of this machine: times that go on through jumps."""

from __future__ import annotations

JUMP_S = 1.0
"""A smaller deviation of a clock is not a jump."""
_DRIFT = 1e-3  # largest difference between the rates of two clocks


class SourceClock:
    """Takes jumps out of the times of a live source.

    Frames may be late, after a stall or from a buffer, and then catch up; that is no jump. A frame
    that is further ahead than any frame before is one, if its time stamp alone makes the step.
    """

    def __init__(self) -> None:
        self._shift: float | None = 0.0  # None if the source was opened again
        self._last: tuple[float, float] | None = None  # time of a frame, and when it was read
        self._ahead = 0.0  # of the clock of this machine, at most

    def restart(self) -> None:
        """The source is opened again, and may count from 0."""
        self._shift = None

    def time(self, stamp: float, now: float) -> tuple[float, float]:
        """The time of a frame without jumps, and how far the clock has just jumped.

        Args:
            stamp: time of the frame in its source, s.
            now: when it was read, monotonic seconds.
        """
        if self._last is None:
            self._shift = 0.0 if self._shift is None else self._shift
            self._last, self._ahead = (stamp, now), stamp - now
            return stamp, 0.0
        last, then = self._last
        if self._shift is None:
            self._shift = last + now - then - stamp
            self._ahead = last - then
        time, gap = stamp + self._shift, now - then
        self._ahead -= _DRIFT * gap
        jump = 0.0
        if time < last - JUMP_S:
            jump = time - last - gap
        elif time - last - gap > JUMP_S and time - now > self._ahead + JUMP_S:
            jump = time - now - self._ahead
        self._shift -= jump
        time -= jump
        self._last, self._ahead = (time, now), max(self._ahead, time - now)
        return time, jump
