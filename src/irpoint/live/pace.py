"""When the next frame of a file is due, if it is played as if it were live."""

from __future__ import annotations

import threading
import time

_MAX_PAUSE_S = 1.0  # a larger gap in the times of a file is not waited for


class Pace:
    """Waits until a frame is due; can be paused, and advanced by single frames.

    Args:
        fps: frames per second; None as the file's times say, or 30 if it has none.
    """

    def __init__(self, fps: float | None = None) -> None:
        self.paused = False
        self._fps = fps
        self._steps = 0
        self._count = 0
        self._anchor: tuple[float, float] | None = None  # (due time, time of the frame)
        self._stopped = False
        self._changed = threading.Condition()

    def wait(self, time_s: float | None) -> bool:
        """Wait until the next frame is due.

        Args:
            time_s: seconds of the frame in its file; None if it has no times.

        Returns:
            False after :meth:`stop`.
        """
        with self._changed:
            timed = time_s is not None and self._fps is None
            stamp = time_s if timed and time_s is not None else self._count / (self._fps or 30.0)
            self._count += 1
            pause = self._until(stamp)
            self._changed.wait_for(lambda: self._stopped or self.paused, pause)
            self._changed.wait_for(lambda: self._stopped or not self.paused or self._steps)
            if self.paused:
                self._steps = max(0, self._steps - 1)
                self._anchor = None
            return not self._stopped

    def pause(self, paused: bool) -> None:
        """Pause after the frame that was shown last, or resume."""
        with self._changed:
            self.paused, self._steps, self._anchor = paused, 0, None
            self._changed.notify_all()

    def step(self) -> None:
        """Show one more frame, and pause."""
        with self._changed:
            self.paused, self._steps = True, self._steps + 1
            self._changed.notify_all()

    def restart(self) -> None:
        """The next frame starts a file again."""
        self._anchor = None

    def stop(self) -> None:
        """End all waiting."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _until(self, stamp: float) -> float:
        """Seconds until a frame with a time stamp is due."""
        now = time.monotonic()
        if self._anchor is not None:
            due = self._anchor[0] + stamp - self._anchor[1]
            if -_MAX_PAUSE_S <= due - now <= _MAX_PAUSE_S:
                return max(0.0, due - now)
        self._anchor = now, stamp  # the first frame, a jump of the times, or a slow reader
        return 0.0
