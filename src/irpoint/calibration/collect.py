"""Run a detector over target-free footage: every candidate of every frame, resumable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import numpy.typing as npt

from irpoint.calibration.events import Alarms
from irpoint.frames.source import Skipped, Source
from irpoint.pipeline import detect_frames
from irpoint.pipeline.resume import resume
from irpoint.pipeline.signals import Signals
from irpoint.pipeline.tracking import same_sequence
from irpoint.points import FrameResult
from irpoint.runtime import Detector
from irpoint.sinks import Journal

Watch = Callable[[FrameResult | Skipped, int, int], None]
"""Called with every new result or skipped part, the number of sources and of frames so far."""


@dataclass
class Collected:
    """What was found in the footage.

    Attributes:
        results: the searched frames with their candidates, without pixels.
        not_judged: number of frames in which nothing can be found, by status.
        skipped: the sources, or parts of them, that could not be read.
    """

    results: list[FrameResult] = field(default_factory=list)
    not_judged: Counter[str] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, item: FrameResult | Skipped) -> None:
        """Take a frame, or a part that could not be read."""
        if isinstance(item, Skipped):
            self.skipped.append(item)
        elif item.status != "ok":
            self.not_judged[item.status] += 1
        else:
            self.results.append(item.without_pixels())

    @property
    def seen(self) -> int:
        """Number of frames, searched or not."""
        return len(self.results) + sum(self.not_judged.values())

    def alarms(self) -> Alarms:
        """All candidates of the searched frames."""
        counts = [len(result.points) for result in self.results]
        scores = [result.points.score for result in self.results]
        places = [result.points.xy for result in self.results]
        frame = np.repeat(np.arange(len(counts)), counts)
        return Alarms(
            np.concatenate([[], *scores]).astype(np.float64),
            np.concatenate([np.empty((0, 2)), *places]).astype(np.float64),
            frame,
            self._sequences()[frame],
        )

    def _sequences(self) -> npt.NDArray[np.intp]:
        """(F,) number of the sequence of each frame: a video, or a folder of images."""
        number, numbers = 0, []
        for k, result in enumerate(self.results):
            number += k > 0 and not same_sequence(self.results[k - 1], result)
            numbers.append(number)
        return np.array(numbers, np.intp)

    def frames_per_second(self) -> float | None:
        """Mean frame rate of the sources with times; None if there are none."""
        steps, seconds = 0, 0.0
        for before, result in zip(self.results, self.results[1:], strict=False):
            if before.source == result.source and None not in (before.time_s, result.time_s):
                steps += result.index - before.index
                seconds += (result.time_s or 0.0) - (before.time_s or 0.0)
        return steps / seconds if seconds > 0 else None


def collect(
    sources: Sequence[Source],
    skipped: Sequence[Skipped],
    detector: Detector,
    journal: Journal,
    *,
    frames: int | None = None,
    batch: int = 8,
    watch: Watch | None = None,
) -> Collected:
    """Detect in every frame of the sources that the journal does not list as finished.

    Args:
        sources: the footage.
        skipped: names that match nothing readable.
        detector: finds the candidates.
        journal: where the finished sources are recorded.
        frames: number of frames after which to stop; None reads all.
        batch: maximum number of frames that go through the network together.
        watch: see :data:`Watch`.

    Raises:
        KeyboardInterrupt: if a signal (Ctrl-C, SIGTERM) ended it.
        SettingsError: if a setting does not fit the first frame.
    """
    found, earlier = Collected(), resume(journal, sources)
    for result in earlier.results:
        found.add(result)
    for part in chain(skipped, earlier.skipped):
        found.add(part)
        if watch is not None:
            watch(part, len(sources), found.seen)
    with Signals() as signals, signals.interruptible():
        for item in detect_frames(detector, earlier.todo, batch):
            found.add(item)
            if isinstance(item, Skipped):
                journal.skip(item.source, item.reason)
            else:
                journal.add(item)
            if watch is not None:
                watch(item, len(sources), found.seen)
            if frames is not None and found.seen >= frames:
                break
        else:
            journal.end()
    order = {source.name: k for k, source in enumerate(sources)}
    found.results.sort(key=lambda result: order.get(result.source, len(order)))
    return found
