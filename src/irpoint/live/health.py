"""The health line: frames per second, latency, what was lost, milliseconds per stage."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from irpoint.live.engine import Engine, Shown
from irpoint.live.hub import Hub
from irpoint.live.newest import Newest
from irpoint.live.reader import Reader

_KEPT = 60  # frames
_OLD_S = 5.0  # rates are measured over the last seconds


class Health:
    """Collects the figures of all parts."""

    def __init__(self, reader: Reader, newest: Newest, engine: Engine, hub: Hub) -> None:
        self._reader, self._newest, self._engine, self._hub = reader, newest, engine, hub
        self._done: deque[float] = deque(maxlen=_KEPT)
        self._network: deque[float] = deque(maxlen=_KEPT)
        self._track: deque[float] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def add(self, shown: Shown) -> None:
        """Take note of a detected frame."""
        with self._lock:
            self._done.append(time.monotonic())
            self._network.append(shown.network_ms)
            self._track.append(shown.track_ms)

    def fps(self) -> float:
        """Detected frames per second."""
        with self._lock:
            return _rate(list(self._done))

    def figures(self) -> dict[str, Any]:
        """All figures; times in milliseconds are medians, null if there are none."""
        reading = self._reader.reading
        with self._lock:
            network, track = list(self._network), list(self._track)
        return {
            "fps": round(self.fps(), 1),
            "source_fps": round(_rate(list(reading.arrivals)), 1),
            "latency_ms": _median(list(self._hub.latency_ms)),
            "stages_ms": {
                "read": _median(list(reading.read_ms)),
                "network": _median(network),
                "track": _median(track),
                "draw": _median(list(self._hub.draw_ms)),
            },
            "frames": reading.frames,
            "detected": self._engine.frames,
            "dropped": self._newest.dropped,
            "failed": self._engine.failed,
            "skipped": reading.skipped,
            "lost": reading.lost,
            "stalls": reading.stalls,
            "jumps": reading.jumps,
            "viewers": self._hub.viewers,
        }


def _rate(times: Sequence[float]) -> float:
    """Events per second in the last seconds."""
    since = time.monotonic() - _OLD_S
    recent = [t for t in times if t >= since]
    return (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 else 0.0


def _median(values: Sequence[float]) -> float | None:
    return round(statistics.median(values), 1) if values else None
