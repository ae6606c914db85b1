"""The hub: one encoding per frame for any number of viewers, and nobody waits for one."""

from __future__ import annotations

import asyncio
import threading

import numpy as np

from irpoint.live.engine import Shown
from irpoint.live.hub import Hub
from irpoint.points import FrameResult, Points
from support.waiting import wait_until

NONE = Points.labels(np.empty((0, 2)))


def shown(number: int) -> Shown:
    return Shown(number, FrameResult("camera", number, None, (8, 8), NONE), NONE, 1.0, 1.0)


def test_ten_viewers_share_one_encoding() -> None:
    encoded: list[int] = []

    def encode(frame: Shown) -> bytes:
        encoded.append(frame.number)
        return b"picture %d" % frame.number

    async def view() -> list[list[bytes]]:
        rounds = []
        last = 0
        for number in (1, 2, 3):
            waiting = [asyncio.create_task(hub.next(last)) for _ in range(10)]
            await asyncio.sleep(0)  # all of them wait before the frame comes
            hub.publish(shown(number))
            packets = [await task for task in waiting]
            rounds.append([packet.data for packet in packets])
            last = packets[0].number
        return rounds

    hub = Hub(encode, lambda error: None)
    hub.start()
    rounds = asyncio.run(view())
    hub.stop()
    assert rounds == [[b"picture %d" % number] * 10 for number in (1, 2, 3)]
    assert encoded == [1, 2, 3]


def test_frames_that_nobody_waits_for_are_not_encoded() -> None:
    encoded: list[int] = []
    hub = Hub(lambda frame: encoded.append(frame.number) or b"x", lambda error: None)  # type: ignore[func-returns-value]
    hub.start()
    for number in range(1, 101):
        hub.publish(shown(number))  # returns, though nobody takes anything
    packet = asyncio.run(hub.next(0))
    hub.stop()
    assert (packet.number, encoded) == (100, [100])


def test_publishing_does_not_wait_for_an_encoding() -> None:
    begun, finish = threading.Event(), threading.Event()

    def encode(frame: Shown) -> bytes:
        begun.set()
        assert finish.wait(60)
        return b"x"

    async def view() -> list[int]:
        hub.publish(shown(1))
        first = asyncio.create_task(hub.next(0))
        await asyncio.to_thread(begun.wait, 60)
        for number in range(2, 51):
            hub.publish(shown(number))
        finish.set()
        numbers = [(await first).number]
        return [*numbers, (await hub.next(numbers[0])).number]

    hub = Hub(encode, lambda error: None)
    hub.start()
    assert asyncio.run(view()) == [1, 50]  # the newest wins
    hub.stop()


def test_a_frame_that_cannot_be_shown_is_reported_and_the_next_one_shown() -> None:
    errors: list[str] = []

    def encode(frame: Shown) -> bytes:
        if frame.number == 1:
            raise ValueError("no pixel")
        return b"good"

    async def view() -> list[bytes]:
        hub.publish(shown(1))
        first = await hub.next(0)
        hub.publish(shown(2))
        return [first.data, (await hub.next(1)).data]

    hub = Hub(encode, lambda error: errors.append(str(error)))
    hub.start()
    assert asyncio.run(view()) == [b"", b"good"]
    hub.stop()
    assert errors == ["no pixel"]


def test_a_viewer_that_leaves_is_forgotten() -> None:
    async def leave() -> None:
        task = asyncio.create_task(hub.next(0))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    hub = Hub(lambda frame: b"x", lambda error: None)
    hub.start()
    asyncio.run(leave())
    hub.publish(shown(1))
    assert asyncio.run(hub.next(0)).number == 1
    wait_until(lambda: hub.encoded == 1)
    hub.stop()
