"""Read, detect and write at the same time, in threads with short queues between them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, Full, Queue
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
_POLL_S = 0.1
_END = object()


def prefetch(items: Iterable[Item], count: int) -> Iterator[Item]:
    """Iterate over ``items`` in a background thread that is up to ``count`` items ahead.

    An exception in ``items`` is raised after the items before it. The thread ends when the iterator
    is closed.
    """
    ahead: Queue[Any] = Queue(count)
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

    threading.Thread(target=work, name="prefetch", daemon=True).start()
    try:
        while True:
            try:
                # The timeout lets Python handle a signal that arrives while the queue is empty.
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


class BackgroundWriter(Generic[Item]):
    """Processes items in a background thread that is up to ``count`` items behind.

    Use it as a context manager; its exit waits until every item is processed. An exception in the
    thread is raised by the next :meth:`add` or by the exit.
    """

    def __init__(self, process: Callable[[Item], object], count: int) -> None:
        self._process = process
        self._queue: Queue[Any] = Queue(count)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="background-writer", daemon=True)

    def __enter__(self) -> BackgroundWriter[Item]:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._put(_END)
        self._thread.join()
        self._raise()

    def add(self, item: Item) -> None:
        """Add an item; wait while the queue is full."""
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
                self._process(item)
            except BaseException as error:
                self._error = error
                return

    def _raise(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error
