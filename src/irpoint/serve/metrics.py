"""The counters of the service, as Prometheus reads them."""

from __future__ import annotations

import time
from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from irpoint._version import __version__
from irpoint.zoo import ModelCard

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30)
_FRAMES = (1, 2, 4, 8, 16, 32, 64)
_OTHER = "other"  # the path of a request that fits no route; any number of names would fill memory


class Metrics:
    """What is counted.

    Args:
        card: of the model.
        in_progress: called for the number of frames that the server has taken on.
        waiting: called for the number of frames that wait for the network.
    """

    def __init__(
        self, card: ModelCard, in_progress: Callable[[], int], waiting: Callable[[], int]
    ) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "irpoint_requests", "Requests, by path and HTTP status.", ["path", "status"],
            registry=registry,
        )  # fmt: skip
        self._latency = Histogram(
            "irpoint_detect_seconds",
            "Time from the header of a request to /detect to its answer, if that is 200.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.frames = Counter("irpoint_frames", "Frames with a result.", registry=registry)
        self.points = Counter("irpoint_points", "Points in all results.", registry=registry)
        self._batch_frames = Histogram(
            "irpoint_batch_frames", "Frames that went through the network together.",
            buckets=_FRAMES, registry=registry,
        )  # fmt: skip
        self._batch_seconds = Histogram(
            "irpoint_batch_seconds", "Time of a batch in the network.",
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        Gauge(
            "irpoint_in_progress", "Frames in progress: being received, waiting or in the network.",
            registry=registry,
        ).set_function(in_progress)  # fmt: skip
        Gauge(
            "irpoint_queue_length", "Frames that wait for the network.", registry=registry
        ).set_function(waiting)
        Info("irpoint_model", "The model.", registry=registry).info(
            {"name": card.name, "sha256": card.sha256, "irpoint": __version__}
        )
        ProcessCollector(registry=registry)

    def batch(self, frames: int, seconds: float) -> None:
        """Count a batch."""
        self._batch_frames.observe(frames)
        self._batch_seconds.observe(seconds)

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(path, str(status)).inc()
        if path == "/detect" and status == 200:
            self._latency.observe(seconds)

    def text(self) -> bytes:
        """All values in the text format of Prometheus."""
        return generate_latest(self._registry)


class CountingMiddleware:
    """Middleware that counts every request, also those that others refuse."""

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: frozenset[str]) -> None:
        self._app, self._metrics, self._paths = app, metrics, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.monotonic(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            path = scope["path"] if scope["path"] in self._paths else _OTHER
            self._metrics.request(path, status, time.monotonic() - start)
