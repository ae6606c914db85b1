"""One receiver behind a bounded queue and a thread, so that it never delays the detection."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from irpoint.emit.faults import Faults, Say
from irpoint.emit.output import Busy, Closed, Message, Output, Rejected
from irpoint.errors import one_line

_MESSAGES = 1_000  # in the queue, at most
_WEIGHT = 20_000  # of the queue: its points and tracks; some 50 MB
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_ATTEMPTS = 8  # for one message, over about a minute
_STALLED_S = 3.0  # without progress, after the last frame
_IDLE_S = 1.0  # without a message, until the connection is checked
_CONFIRMED_S = 2.5  # for the confirmation of what was sent


class Channel:
    """Sends messages to an output, in order. If the queue is full, the oldest are dropped.

    If the output cannot be reached, the connection is opened again after pauses that double from
    0.5 to 30 s.

    Args:
        output: the receiver.
        say: called with a line, from any thread, if something is lost; see :class:`Faults`.

    Attributes:
        faults: what was sent and what was lost.
        gone: whether the output is gone for good.
    """

    def __init__(self, output: Output, say: Say) -> None:
        self._lines: list[str] = []  # to be said
        self.faults, self.gone = Faults(output.name, self._lines.append), False
        self._output, self._say = output, say
        self._queue: deque[Message] = deque()
        self._weight = 0  # of the queue
        self._changed = threading.Condition()  # guards the queue and the flags
        self._ending = self._given_up = self._sending = False
        self._opened, self._pause_s = False, _FIRST_PAUSE_S
        self._progress = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"emit {output.name}", daemon=True)
        self._thread.start()

    def put(self, message: Message) -> None:
        """Add a message to the queue, if the output wants it. Never waits."""
        if self._output.only and not message.record[self._output.only]:
            return
        with self._locked():
            if self.gone:
                self.faults.dropped += 1
                return
            self._queue.append(message)
            self._weight += message.weight
            dropped = 0
            while len(self._queue) > 1 and self._is_full():
                self._weight -= self._queue.popleft().weight
                dropped += 1
            if dropped:
                self.faults.overflow(dropped)
            self._changed.notify_all()

    def end(self) -> None:
        """Let the thread send what is in the queue, and end. Returns at once."""
        with self._changed:
            self._ending, self._progress = True, time.monotonic()
            self._changed.notify_all()

    def join(self, deadline: float) -> None:
        """Wait, after :meth:`end`, while the thread makes progress; then report what was lost.

        Args:
            deadline: latest moment, on the monotonic clock.
        """
        while (limit := min(deadline, self._progress + _STALLED_S)) > time.monotonic():
            self._thread.join(min(0.1, max(0.0, limit - time.monotonic())))
            if not self._thread.is_alive():
                break
        with self._changed:
            self._given_up = True
            self._changed.notify_all()
        self._thread.join(0.2)  # it may be waiting for the receiver, for ever
        with self._changed:
            late = len(self._queue) + self._sending
            self._queue.clear()
            lost = self._output.unconfirmed if self._thread.is_alive() else 0
            self.faults.sent -= lost
            self.faults.dropped += late + lost
        self.faults.total(late)
        self._speak()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock queue and counts. Lines are said afterwards: a terminal may block its writers."""
        with self._changed:
            yield
        self._speak()

    def _speak(self) -> None:
        while self._lines:
            self._say(self._lines.pop(0))

    def _is_full(self) -> bool:
        return len(self._queue) > _MESSAGES or self._weight > _WEIGHT

    def _run(self) -> None:
        try:
            while (message := self._next()) is not None:
                self._deliver(message)
            self._finish()
        except Closed as error:
            self._leave(str(error))
        self._output.close()

    def _next(self) -> Message | None:
        """The next message, as soon as there is one; None at the end."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._ending, _IDLE_S)
                if self._given_up or (self._ending and not self._queue):
                    return None
                if self._queue:
                    message = self._queue.popleft()
                    self._weight -= message.weight
                    self._sending = True
                    return message
            self._connect()

    def _connect(self, timeout_s: float = 0.0) -> None:
        """Send again what a lost connection has left unconfirmed, and wait for confirmation."""
        if not self._opened and not self._output.unconfirmed:
            return
        try:
            self._open()
            self._output.confirm(timeout_s)
        except Exception as error:
            self._interrupted(error)
        else:
            with self._locked():
                self.faults.works()

    def _open(self) -> None:
        if not self._opened:
            self._output.open()
            self._opened = True

    def _deliver(self, message: Message) -> None:
        """Send a message; after several attempts, drop it.

        Raises:
            Closed: if the output is gone for good.
        """
        for _ in range(_ATTEMPTS):
            try:
                self._open()
                self._output.send(message)
            except Rejected as error:
                with self._locked():
                    self._sending = False
                    self.faults.rejected(str(error))
                return
            except Closed:
                raise
            except Exception as error:  # even a fault of an output must not end its thread
                self._interrupted(error)
                if self._given_up:
                    return
            else:
                with self._locked():
                    self._sending = False
                    self.faults.sent += 1
                    self.faults.works()
                self._pause_s, self._progress = _FIRST_PAUSE_S, time.monotonic()
                return
        with self._changed:
            self._sending = False
            self.faults.dropped += 1

    def _interrupted(self, error: Exception) -> None:
        """Disconnect, and wait before the next attempt."""
        with self._locked():
            self.faults.lost(one_line(error))
        self._output.close()
        self._opened = False
        pause = max(self._pause_s, error.wait_s if isinstance(error, Busy) else 0.0)
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        with self._changed:
            self._changed.wait_for(lambda: self._given_up, pause)

    def _finish(self) -> None:
        """Wait for the confirmation of what was sent."""
        self._progress = time.monotonic()
        deadline = self._progress + _CONFIRMED_S
        while self._output.unconfirmed and not self._given_up:
            if (left := deadline - time.monotonic()) <= 0:
                break
            self._connect(left)
        lost = self._output.unconfirmed
        with self._changed:
            self.faults.sent -= lost
            self.faults.dropped += lost

    def _leave(self, reason: str) -> None:
        with self._locked():
            self.gone = True
            self.faults.dropped += len(self._queue) + self._sending
            self._sending = False
            self._queue.clear()
            self.faults.gone(reason)
