"""What happens to one request: body → frame → points → record."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated

from pydantic import Field
from starlette.requests import Request

from irpoint.emit.record import Facts, frame_record
from irpoint.emit.schema import FrameRecord
from irpoint.frames.cut import Cut
from irpoint.frames.source import Skipped, SourceFrame
from irpoint.measuring.camera import Camera
from irpoint.pipeline.directions import with_angles
from irpoint.points import FrameResult
from irpoint.runtime.detector import Detector
from irpoint.serve.batcher import Batcher
from irpoint.serve.body import read_body
from irpoint.serve.limits import Limits, Refused
from irpoint.serve.metrics import Metrics

_READERS = min(4, os.cpu_count() or 1)  # threads that decode bodies
_PATIENCE_S = 60  # a batch that takes longer never ends


class Answer(FrameRecord):
    """The record of a frame, as ``--emit`` writes it, with what its sender should know."""

    warnings: Annotated[list[str], Field(description="what may not be as expected, a line each")]


class Detection:
    """Answers the requests of a server, between :meth:`start` and :meth:`close`.

    Args:
        detector: finds the points.
        limits: how much is taken on.
        cut: rows and columns to cut off each frame.
        camera: calibrated camera, for the azimuth and elevation of each point.

    Attributes:
        limits: as given.
        metrics: what is counted.
    """

    def __init__(
        self, detector: Detector, limits: Limits, cut: Cut | None, camera: Camera | None
    ) -> None:
        self.limits, self._cut, self._camera = limits, cut, camera
        self._facts = Facts.of(detector)
        self._in_progress = 0
        self.metrics = Metrics(detector.card, lambda: self._in_progress, self._waiting)
        self._batcher = Batcher(detector, limits.batch, self.metrics.batch)
        self._readers = ThreadPoolExecutor(_READERS, "reader")

    def start(self) -> None:
        """Begin to work."""
        self._batcher.start()

    def close(self) -> None:
        """Finish all frames that were taken on, then stop."""
        self._batcher.close()
        self._readers.shutdown()

    def works(self) -> bool:
        """Whether the network answers."""
        return self._batcher.works(_PATIENCE_S)

    async def answer(self, request: Request, name: str) -> bytes:
        """The record of the frame in the body of a request, as JSON.

        Raises:
            Refused: if the server is busy, or the body too large, too slow, or of another format.
            FrameError: if the frame cannot be used.
            SettingsError: if a setting of the server does not fit the frame.
        """
        with self._place():
            loop = asyncio.get_running_loop()
            body = await self._receive(request)
            frame, warnings = await loop.run_in_executor(self._readers, self._read, body, name)
            del body
            found = await asyncio.wrap_future(self._batcher.submit(frame))
            if isinstance(found, Skipped):
                raise Refused(422, found.reason)
            return await loop.run_in_executor(self._readers, self._text, found, warnings)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of the places of the queue, taken before anything of the body is read."""
        if self._in_progress >= self.limits.requests:
            wait_s = max(1, math.ceil(self._in_progress * self._batcher.seconds_per_frame))
            raise Refused(
                429,
                f"{self._in_progress} frames are in progress; try again in {wait_s} s",
                {"Retry-After": str(wait_s)},
            )
        self._in_progress += 1
        try:
            yield
        finally:
            self._in_progress -= 1

    async def _receive(self, request: Request) -> bytes:
        try:
            async with asyncio.timeout(self.limits.body_s):
                return await request.body()
        except TimeoutError:
            reason = f"the body did not arrive within {self.limits.body_s:g} s"
            raise Refused(408, reason, {"Connection": "close"}) from None

    def _read(self, body: bytes, name: str) -> tuple[SourceFrame, list[str]]:
        frame, warnings = read_body(body, name, self.limits.pixels)
        if self._cut is not None:
            frame = self._cut(frame, name)
        return SourceFrame(name, 0, None, frame), warnings

    def _text(self, found: FrameResult, warnings: list[str]) -> bytes:
        if self._camera is not None:
            found = with_angles(found, self._camera)
        record: Answer = {**frame_record(found, self._facts), "warnings": warnings}
        self.metrics.frames.inc()
        self.metrics.points.inc(len(found.points))
        return json.dumps(record, ensure_ascii=False, allow_nan=False).encode()

    def _waiting(self) -> int:
        return len(self._batcher)
