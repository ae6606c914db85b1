"""All that a detection writes, and how far it has come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from irpoint.frames import open_source
from irpoint.frames.source import Skipped
from irpoint.pipeline.batches import Detected
from irpoint.runtime.detector import Detector
from irpoint.sinks import FoundFrame, Journal, OverlayFolder, PointsWriter
from irpoint.sinks.journal import stamp
from irpoint.zoo import digest

_FIRST = 10  # frames: a point of each fills the table


@dataclass
class Job:
    """What is written where, and how far it has come.

    Attributes:
        total: number of sources.
        first: the first frames with points, for a look at them.
        again: sources that an earlier run had finished.
        skipped: sources, or parts of them, that were passed over.
        stopped, finished: whether it was ended by a signal; whether it came to its own end.
    """

    writer: PointsWriter
    overlays: OverlayFolder | None
    total: int
    journal: Journal | None = None
    first: list[FoundFrame] = field(default_factory=list)
    again: int = 0
    skipped: int = 0
    stopped: bool = False
    finished: bool = False
    started: float = field(default_factory=time.perf_counter)

    def go_on(
        self, journal: Journal, paths: Sequence[str | Path]
    ) -> tuple[list[str | Path], list[Skipped]]:
        """Take over what an earlier run has finished of ``paths``.

        Returns:
            Those that are left, and what was passed over of the others.
        """
        self.journal = journal
        left, skipped = [], []
        for path in paths:
            # The name of standard input tells nothing of what comes.
            again = open_source(path).repeatable
            frames = journal.done.get(str(path)) if again else None
            if frames is None:
                left.append(path)
                continue
            self.again += 1
            skipped += [Skipped(str(path), said) for said in journal.skipped[str(path)]]
            for found in frames:
                self._add(found)
                if self.overlays is not None:
                    self.overlays.reserve(found.result)
        return left, skipped

    def take(self, item: Detected | Skipped) -> None:
        """The points of a frame, and its picture where asked for; or what was passed over."""
        if isinstance(item, Skipped):
            self.skipped += 1
            if self.journal is not None:
                self.journal.skip(item.source, item.reason)
            return
        found = FoundFrame(item.result, item.shape)
        self._add(found)
        if self.overlays is not None and item.frame is not None:
            self.overlays.add(item.frame, item.result, item.tails)
        if self.journal is not None:
            self.journal.add(found)

    def _add(self, found: FoundFrame) -> None:
        if len(found.result.points) and len(self.first) < _FIRST:
            self.first.append(found)
        self.writer.add(found)

    def close(self) -> None:
        """Make every file complete, the points before all others.

        Raises:
            SettingsError: where a file cannot be written; the journal stays then.
        """
        try:
            self.writer.close()
        finally:
            if self.overlays is not None:
                self.overlays.close()
        if self.journal is not None:
            self.journal.close(finished=self.finished)


def settings_of(detector: Detector, ignore_mask: Path | None) -> dict[str, object]:
    """What the points depend on, for the journal of an unfinished detection."""
    return {
        "ignore_mask": ignore_mask and [str(ignore_mask), stamp(ignore_mask)],
        "model": digest(detector.card.model_dump_json().encode()),
        "threshold": float(detector.threshold),
        "scale": detector.scale,
        "backend": f"{detector.backend} {detector.precision}",
    }
