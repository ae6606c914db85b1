"""Frames of concurrent requests go through the network together."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

from irpoint.frames.source import Skipped, SourceFrame
from irpoint.pipeline.batches import BATCH_PIXELS, detect_group
from irpoint.points import FrameResult
from irpoint.runtime.detector import Detector

Found = FrameResult | Skipped
_Waiting = tuple[SourceFrame, "Future[Found]"]
_MEMORY = 0.9  # share of the earlier frames in the running mean of the time per frame


class Batcher:
    """A thread that detects points in submitted frames.

    It takes all frames that wait when the network becomes free, up to ``batch``. No frame waits for
    others to arrive. :meth:`start` starts it.

    Args:
        detector: finds the points.
        batch: maximum number of frames that go through the network together, >= 1.
        watch: called after each batch with the number of its frames and its time in seconds.

    Attributes:
        seconds_per_frame: running mean of the time in the network.
    """

    def __init__(
        self, detector: Detector, batch: int, watch: Callable[[int, float], None] | None = None
    ) -> None:
        self._detector, self._batch, self._watch = detector, batch, watch
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._since: float | None = None
        self.seconds_per_frame = 0.0
        self._thread = threading.Thread(target=self._work, name="network", daemon=True)

    def __len__(self) -> int:
        """Number of frames that wait for the network."""
        return len(self._waiting)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def works(self, patience_s: float) -> bool:
        """Whether the thread is alive and has not been busy with one batch for ``patience_s``."""
        since = self._since
        return self._thread.is_alive() and (since is None or time.monotonic() - since < patience_s)

    def submit(self, frame: SourceFrame) -> Future[Found]:
        """The result of a frame as soon as it is there; Skipped if it cannot be processed.

        Raises:
            RuntimeError: if the batcher is closed.
        """
        future: Future[Found] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("the batcher is closed")
            self._waiting.append((frame, future))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Finish the submitted frames, then stop the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while group := self._next():
            start = self._since = time.monotonic()
            self._answer(group)
            took = time.monotonic() - start
            self._since = None
            new = took / len(group)
            old = self.seconds_per_frame or new
            self.seconds_per_frame = _MEMORY * old + (1 - _MEMORY) * new
            if self._watch is not None:
                self._watch(len(group), took)

    def _next(self) -> list[_Waiting]:
        """The next frames; none if the batcher is closed and nothing waits."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            group: list[_Waiting] = []
            pixels = 0
            while self._waiting and len(group) < self._batch:
                pixels += self._waiting[0][0].frame.size
                if group and pixels > BATCH_PIXELS:
                    break
                group.append(self._waiting.popleft())
            return group

    def _answer(self, group: list[_Waiting]) -> None:
        """Set the results of a group. A fault with one frame must not be that of the others."""
        try:
            found = list(detect_group(self._detector, [frame for frame, _ in group]))
        except Exception as error:
            if len(group) == 1:
                _settle(group[0][1], error)
            else:
                for one in group:
                    self._answer([one])
        else:
            for (_, future), result in zip(group, found, strict=True):
                _settle(future, result)


def _settle(future: Future[Found], outcome: Found | Exception) -> None:
    if not future.set_running_or_notify_cancel():
        return  # nobody waits for it any more
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
