"""Resume an interrupted detection run: reuse the results of the sources that it finished."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from irpoint.frames.source import Skipped, Source
from irpoint.points import FrameResult
from irpoint.runtime.detector import Detector
from irpoint.sinks import Journal


@dataclass(frozen=True)
class Resumed:
    """What an earlier run has finished.

    Attributes:
        todo: the sources that remain.
        sources: number of finished sources.
        results: the frames of the finished sources.
        skipped: their parts that could not be read.
    """

    todo: list[Source]
    sources: int
    results: list[FrameResult]
    skipped: list[Skipped]


def resume(journal: Journal, sources: Sequence[Source]) -> Resumed:
    """Divide ``sources`` into those that the journal lists as finished and those to do."""
    finished = [source for source in sources if _is_finished(journal, source)]
    return Resumed(
        [source for source in sources if source not in finished],
        len(finished),
        [result for source in finished for result in journal.done[source.name]],
        [*_skipped(journal, finished)],
    )


def _is_finished(journal: Journal, source: Source) -> bool:
    # The name of a stream, or of standard input, does not identify its frames.
    return source.repeatable and source.name in journal.done


def _skipped(journal: Journal, sources: Sequence[Source]) -> Iterator[Skipped]:
    for source in sources:
        yield from (Skipped(source.name, reason) for reason in journal.skipped[source.name])


def journal_settings(detector: Detector) -> dict[str, object]:
    """The settings of a detector on which its points depend, as JSON values."""
    region = detector.region
    ignored = region.ignored
    mask = None if ignored is None else [*ignored.shape, _digest(ignored.tobytes())]
    return {
        "model": _digest(detector.card.model_dump_json().encode()),
        "threshold": float(detector.threshold),
        "scale": detector.scale,
        "polarity": detector.polarity,
        "measure": detector.measures,
        "backend": f"{detector.backend} {detector.precision}",
        "roi": None if region.roi is None else list(region.roi),
        "ignore_mask": mask,
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
