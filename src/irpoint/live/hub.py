"""Hands the newest picture to any number of viewers; each frame is encoded at most once.

Nobody waits for a browser: the thread that detects leaves its result here and goes on, a thread of
the hub encodes the newest one if a viewer wants it, and a slow viewer misses frames.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from irpoint.live.engine import Shown

_KEPT = 60  # latencies


@dataclass(frozen=True, eq=False)
class Packet:
    """An encoded frame.

    Attributes:
        number: of the frame.
        data: the message for the page.
        received_s: when the frame was read, monotonic seconds.
    """

    number: int
    data: bytes
    received_s: float


class Hub:
    """The newest frame, encoded when a viewer asks for it.

    Args:
        encode: frame → message; called in the thread of the hub.
        failed: called with an error of ``encode``.

    Attributes:
        viewers: number of connected viewers.
        draw_ms: duration of the last encodings.
        latency_ms: from the camera to the screen of a viewer, latest values, all viewers.
        encoded: number of frames that were encoded.
    """

    def __init__(
        self, encode: Callable[[Shown], bytes], failed: Callable[[Exception], None]
    ) -> None:
        self.viewers = self.encoded = 0
        self.draw_ms: deque[float] = deque(maxlen=_KEPT)
        self.latency_ms: deque[float] = deque(maxlen=_KEPT)
        self._encode, self._failed = encode, failed
        self._newest: Shown | None = None
        self._packet: Packet | None = None
        self._waiting: dict[asyncio.Future[Packet], asyncio.AbstractEventLoop] = {}
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="live-encoder", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    @property
    def newest(self) -> Shown | None:
        """The frame that was detected last."""
        return self._newest

    def publish(self, shown: Shown) -> None:
        """Replace the newest frame; never waits for a viewer."""
        with self._changed:
            self._newest = shown
            self._changed.notify()

    async def next(self, after: int) -> Packet:
        """The newest frame with a number above ``after``; waits for one."""
        loop = asyncio.get_running_loop()
        with self._changed:
            packet, newest = self._packet, self._newest
            fresh = packet is not None and newest is not None and packet.number == newest.number
            if packet is not None and fresh and packet.number > after:
                return packet
            future: asyncio.Future[Packet] = loop.create_future()
            self._waiting[future] = loop
            self._changed.notify()
        try:
            packet = await future
        finally:
            with self._changed:
                self._waiting.pop(future, None)
        return packet if packet.number > after else await self.next(after)

    def seen(self, packet: Packet) -> None:
        """A viewer shows a frame."""
        self.latency_ms.append(1000 * (time.monotonic() - packet.received_s))

    def _run(self) -> None:
        while (shown := self._wanted()) is not None:
            began = time.perf_counter()
            try:
                data = self._encode(shown)
            except Exception as error:  # a frame that cannot be shown is still detected
                self._failed(error)
                data = b""
            self.draw_ms.append(1000 * (time.perf_counter() - began))
            received = shown.result.received
            at = received.monotonic_s if received else time.monotonic()
            self._deliver(Packet(shown.number, data, at))

    def _wanted(self) -> Shown | None:
        """The newest frame as soon as it is not encoded and a viewer waits; None at the end."""

        def ready() -> bool:
            done = self._packet.number if self._packet else 0
            new = self._newest is not None and self._newest.number > done
            return self._stopped or (new and bool(self._waiting))

        with self._changed:
            self._changed.wait_for(ready)
            return None if self._stopped else self._newest

    def _deliver(self, packet: Packet) -> None:
        with self._changed:
            self._packet = packet
            self.encoded += 1
            waiting, self._waiting = self._waiting, {}
        for future, loop in waiting.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, future, packet)


def _resolve(future: asyncio.Future[Packet], packet: Packet) -> None:
    if not future.done():
        future.set_result(packet)
