"""What is said of a receiver that fails: a line when it begins, when it ends, and at the end."""

from __future__ import annotations

import time
from collections.abc import Callable

Say = Callable[[str], None]

_QUIET_S = 10.0  # between two lines about interruptions
_QUIET_LOSS_S = 60.0  # after the last dropped frame, until the next is said


class Faults:
    """Counts the faults of one receiver, and says them; seldom if they are frequent.

    Args:
        name: the receiver, as lines show it.
        say: called with each line.

    Attributes:
        sent: number of frames that were sent.
        dropped: number of frames that were lost.
        interruptions: how often the receiver could not be reached.
    """

    def __init__(self, name: str, say: Say) -> None:
        self.sent = self.dropped = self.interruptions = 0
        self._name, self._say = name, say
        self._since: float | None = None  # the beginning of an interruption
        self._dropped_before = 0
        self._told = self._told_loss = False  # whether the present interruption has been said
        self._last_line = self._last_loss = -float("inf")

    def lost(self, reason: str) -> None:
        """The receiver cannot be reached."""
        if self._since is not None:
            return
        self._since = now = time.monotonic()
        self.interruptions += 1
        self._dropped_before = self.dropped
        self._told, self._told_loss = now - self._last_line >= _QUIET_S, False
        if self._told:
            self._last_line = now
            self._line(f"{reason}; retrying")

    def works(self) -> None:
        """The receiver is connected, or was sent a frame."""
        if self._since is None:
            return
        seconds, dropped = time.monotonic() - self._since, self.dropped - self._dropped_before
        self._since = None
        if self._told:
            self._last_line = time.monotonic()
            self._line(f"works again after {seconds:.1f} s; {frames(dropped)} dropped")

    def overflow(self, count: int) -> None:
        """The queue is full, and its oldest frames were dropped."""
        self.dropped += count
        if self._since is None:
            self._loss("frames come faster than it takes them; the oldest are dropped")
        elif self._told and not self._told_loss:
            self._told_loss = True
            self._line("its queue is full; the oldest frames are dropped until it works again")

    def rejected(self, reason: str) -> None:
        """The receiver does not accept a frame, or it is given up."""
        self.dropped += 1
        self._loss(f"{reason}; the frame is dropped")

    def gone(self, reason: str) -> None:
        """The receiver is gone for good."""
        self._line(f"{reason}; it gets no more frames")

    def total(self, late: int) -> None:
        """The end: ``late`` of the dropped frames were still in the queue."""
        if not self.dropped:
            return
        text = f"{frames(self.sent)} sent, {self.dropped} dropped"
        text += f" ({late} of them waited at the end)" if late else ""
        if self.interruptions > 1:
            text += f", {self.interruptions} interruptions"
        self._line(text)

    def _loss(self, text: str) -> None:
        now = time.monotonic()
        if now - self._last_loss >= _QUIET_LOSS_S:
            self._line(text)
        self._last_loss = now

    def _line(self, text: str) -> None:
        self._say(f"--emit {self._name}: {text}")


def frames(count: int) -> str:
    """``1 frame``, ``2 frames``."""
    return f"{count} frame{'s' * (count != 1)}"
