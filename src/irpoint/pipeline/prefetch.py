"""Reading, detecting and writing at the same time: threads with short queues between them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, Full, Queue
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
_POLL_S = 0.1
_END = object()


def read_ahead(items: Iterable[Item], most: int) -> Iterator[Item]:
    """The same items, made in a thread that runs up to ``most`` of them ahead.

    What ``items`` raises is raised here. The thread ends with the generator.
    """
    ahead: Queue[Any] = Queue(most)
    stop = threading.Event()

    def put(entry: Any) -> None:
        while not stop.is_set():
            try:
                ahead.put(entry, timeout=_POLL_S)
                return
            except Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put((item, None))
                if stop.is_set():
                    return
            put((_END, None))
        except BaseException as error:
            put((_END, error))

    threading.Thread(target=work, name="read-ahead", daemon=True).start()
    try:
        while True:
            try:
                # Not without end: a signal that comes just before it would wait as long.
                item, error = ahead.get(timeout=_POLL_S)
            except Empty:
                continue
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        stop.set()


class Behind(Generic[Item]):
    """Does something with each item in a thread, at most ``most`` items behind.

    Use it as a context: leaving it waits until all is done. What the work raises is raised by the
    next :meth:`add`, or on leaving.
    """

    def __init__(self, work: Callable[[Item], object], most: int) -> None:
        self._work = work
        self._queue: Queue[Any] = Queue(most)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="write-behind", daemon=True)

    def __enter__(self) -> Behind[Item]:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._put(_END)
        self._thread.join()
        self._raise()

    def add(self, item: Item) -> None:
        """Hand over one more item; waits where the work is too far behind."""
        self._put(item)
        self._raise()

    def _put(self, item: object) -> None:
        while self._thread.is_alive():
            try:
                self._queue.put(item, timeout=_POLL_S)
                return
            except Full:
                continue

    def _run(self) -> None:
        while (item := self._queue.get()) is not _END:
            try:
                self._work(item)
            except BaseException as error:
                self._error = error
                return

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error
