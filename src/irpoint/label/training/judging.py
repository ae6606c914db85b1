"""Judge a model on frames that it has not learned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from irpoint.datasets.record import LabelledFrame
from irpoint.evaluation.counts import FrameCounts, evaluate
from irpoint.evaluation.matching import RADIUS_PX, matcher
from irpoint.evaluation.records import FrameRecord, record
from irpoint.evaluation.splits import find_points
from irpoint.label.training.saved import read_saved
from irpoint.runtime import Detector
from irpoint.system.atomic import atomic_write
from irpoint.zoo import Model


class Judged(BaseModel):
    """What a model finds in frames, and the threshold that it proposes points with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float
    frames: tuple[FrameRecord, ...]

    def counts(self) -> list[FrameCounts]:
        """Targets found, false points and missed targets of every frame."""
        evaluated = [frame.evaluated() for frame in self.frames]
        return list(evaluate(evaluated, threshold=self.threshold).frames)


class Target(NamedTuple):
    """A labelled target, its signal-to-noise ratio if known, and whether the model found it."""

    frame: str
    snr: float | None
    found: bool


def judge(model: str | Model, polarity: str, frames: Sequence[LabelledFrame]) -> Judged:
    """Find points in frames.

    Raises:
        FrameError: if a frame cannot be read.
        ModelError: if the model cannot be loaded.
    """
    detector = Detector(model, polarity=polarity)
    found = find_points(detector.candidates, frames)
    return Judged(threshold=detector.threshold, frames=tuple(record(frames, found)))


def targets_of(judged: Iterable[Judged]) -> list[Target]:
    """Every target of the judged frames."""
    rule, targets = matcher("point"), []
    for part in judged:
        for frame in part.frames:
            evaluated = frame.evaluated()
            points = evaluated.predicted.above(part.threshold)
            pairs = rule(evaluated.truth.xy, points.xy, RADIUS_PX)
            found = set(pairs.truth_index.tolist())
            targets += [Target(frame.name, t.snr, k in found) for k, t in enumerate(frame.targets)]
    return targets


def save_judged(file: Path, judged: Judged) -> None:
    """Write what :func:`read_judged` reads."""
    atomic_write(file, judged.model_dump_json())


def read_judged(file: Path) -> Judged:
    """What :func:`save_judged` wrote.

    Raises:
        ModelError: if the file cannot be read.
    """
    return read_saved(Judged, file)
