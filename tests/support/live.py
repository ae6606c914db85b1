"""Live sessions for tests: sources that do as they are told, and what a session shows."""

from __future__ import annotations

import json
import queue
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from irpoint import Detector
from irpoint.frames.source import Skipped, Source, SourceFrame
from irpoint.live import LiveSession, LiveSettings
from irpoint.live.engine import Shown
from irpoint.pipeline import find_sources
from support.videos import moving_blob

_WAIT_S = 120  # until a test counts as failed


class ScriptedSource(Source):
    """A live source that plays one list of items each time it is opened.

    An item is an array, a pair of time and array, a Skipped, or a function that is called and
    yields nothing. The source then stays open without frames if it has no further list.
    """

    suffixes: ClassVar[tuple[str, ...]] = ()
    clock, repeatable = True, False

    def __init__(self, *rounds: Sequence[Any], live: bool = True) -> None:
        self.name, self.live = "camera", live
        self._rounds = iter(rounds)
        self.released = queue.Queue[None]()

    def frames(self) -> Iterator[SourceFrame | Skipped]:
        items = next(self._rounds, None)
        if items is None:
            self.released.get()
            return
        index = 0
        for item in items:
            if isinstance(item, Skipped):
                yield item
            elif callable(item):
                item()
            else:
                time_s, frame = item if isinstance(item, tuple) else (index / 30, item)
                yield SourceFrame(self.name, index, time_s, frame)
                index += 1


class LiveRun:
    """A session whose results are collected.

    Attributes:
        session: the session, which is started.
        lines: the lines that it printed.
    """

    def __init__(
        self,
        model: Path | str,
        sources: Sequence[Source],
        out: Path,
        before: Callable[[LiveSession], object] = lambda session: None,
        detector: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self.lines: list[str] = []
        self._shown: queue.Queue[Shown] = queue.Queue()
        self.detector = Detector(model, **(detector or {}))
        self.session = LiveSession(
            self.detector, sources, LiveSettings(out, **settings), self.lines.append,
            watch=self._shown.put,
        )  # fmt: skip
        before(self.session)
        self.session.start()

    def next(self) -> Shown:
        """The next detected frame; waits for it."""
        return self._shown.get(timeout=_WAIT_S)

    def __enter__(self) -> LiveRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()


def write_stack(path: Path, frames: Sequence[np.ndarray] | None = None) -> list[Source]:
    """Write frames, by default those of :func:`moving_blob` in 16 bits; the source of the file."""
    np.save(path, np.stack(moving_blob(16) if frames is None else list(frames)))
    return find_sources([str(path)])[0]


def parse(message: bytes) -> tuple[dict[str, Any], bytes]:
    """The head and the picture of a message."""
    (length,) = struct.unpack("<I", message[:4])
    return json.loads(message[4 : 4 + length]), message[4 + length :]
