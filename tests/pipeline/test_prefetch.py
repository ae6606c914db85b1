"""Reading, detecting and writing at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from irpoint.errors import FrameError, SettingsError
from irpoint.pipeline.prefetch import BackgroundWriter, prefetch


def test_items_are_made_ahead_and_come_in_order() -> None:
    made = threading.Semaphore(0)

    def items() -> Iterator[int]:
        for number in range(5):
            made.release()
            yield number

    ahead = prefetch(items(), 2)
    assert next(ahead) == 0
    for _ in range(3):  # without another item asked for
        assert made.acquire(timeout=10)
    assert list(ahead) == [1, 2, 3, 4]


def test_an_error_ahead_is_raised_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise FrameError("broken")

    ahead = prefetch(items(), 4)
    assert next(ahead) == 1
    with pytest.raises(FrameError, match="broken"):
        next(ahead)


def test_work_behind_is_done_in_order_before_the_end() -> None:
    done: list[int] = []
    with BackgroundWriter(done.append, 2) as behind:
        for number in range(20):
            behind.add(number)
    assert done == list(range(20))


def test_an_error_behind_is_raised() -> None:
    def work(number: int) -> None:
        raise SettingsError(f"no room for {number}")

    def run() -> None:
        with BackgroundWriter(work, 1) as behind:
            for number in range(100):
                behind.add(number)

    with pytest.raises(SettingsError, match="no room for 0"):
        run()
