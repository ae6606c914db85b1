"""One model in a report: its frames, and the outcome of every target and detection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from irpoint.evaluation import Evaluation, Sweep, bootstrap_intervals, evaluate, sweep
from irpoint.evaluation.matching import match
from irpoint.evaluation.records import FrameRecord, SplitRecords, TargetRecord
from irpoint.report.reliability import Reliability, measure_reliability
from irpoint.zoo import ScoreOdds, SimulatedRecall

Kind = Literal["hit", "miss", "false"]


@dataclass(frozen=True)
class Outcome:
    """A target or a detection, and whether they were matched.

    Attributes:
        frame: the frame that it is in.
        kind: ``hit``, ``miss`` or ``false`` (a false alarm).
        xy: position of the target, or of the false alarm, in frame pixels.
        target: the target; None for a false alarm.
        detection: (x, y, score) of the detection; None for a miss.
    """

    frame: FrameRecord
    kind: Kind
    xy: tuple[float, float]
    target: TargetRecord | None = None
    detection: tuple[float, float, float] | None = None

    @property
    def error(self) -> float:
        """Distance of target and detection in pixels; 0 if there is only one of them."""
        if self.target is None or self.detection is None:
            return 0.0
        dx, dy = self.detection[0] - self.target.x, self.detection[1] - self.target.y
        return float(np.hypot(dx, dy))


@dataclass(frozen=True)
class ReportedModel:
    """One model in a report.

    Attributes:
        name: name of the model, or of the file with its detections.
        split: name of the split on which it was evaluated.
        threshold: minimum score of a detection that counts; None if all count.
        radius: matching radius in pixels.
        records: every frame with its targets and detections.
        trained_on: names of the datasets whose frames in this split the model was trained on.
        training: rows of the training log, as column → value; empty if there is none.
        score_odds: what the scores mean; None if it is not known.
        simulated_recall: recall on simulated frames; None if it is not known.
    """

    name: str
    split: str
    threshold: float | None
    radius: float
    records: SplitRecords
    trained_on: tuple[str, ...] = ()
    training: tuple[dict[str, float], ...] = ()
    score_odds: ScoreOdds | None = None
    simulated_recall: SimulatedRecall | None = None

    @property
    def frames(self) -> tuple[FrameRecord, ...]:
        """The pooled frames."""
        return self.records.frames

    @cached_property
    def evaluation(self) -> Evaluation:
        """Figures at the threshold."""
        frames = [frame.evaluated() for frame in self.frames]
        return evaluate(frames, radius=self.radius, threshold=self.threshold)

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float] | None]:
        """95 % intervals of the figures."""
        return bootstrap_intervals(self.evaluation)

    @cached_property
    def sweep(self) -> Sweep:
        """Counts at every threshold."""
        return sweep([frame.evaluated() for frame in self.frames], radius=self.radius)

    @cached_property
    def reliability(self) -> Reliability | None:
        """How well the probabilities of the scores fit these frames; None if there are none."""
        if self.score_odds is None:
            return None
        frames = [frame.evaluated() for frame in self.frames]
        return measure_reliability(frames, self.score_odds, self.split, self.datasets, self.radius)

    @property
    def datasets(self) -> list[str]:
        """Names of the datasets, in order."""
        return self.records.datasets

    def on(self, dataset: str) -> ReportedModel:
        """The same model on all frames of one dataset."""
        return replace(self, records=SplitRecords(self.records.of(dataset)), training=())

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Outcomes of all targets, and of all detections that count."""
        return [outcome for frame in self.frames for outcome in self._outcomes(frame)]

    def _outcomes(self, frame: FrameRecord) -> list[Outcome]:
        # Scores are compared as float32, as in the figures.
        threshold = np.float32(-np.inf if self.threshold is None else self.threshold)
        detections = [found for found in frame.predicted if np.float32(found[2]) >= threshold]
        targets = [(target.x, target.y) for target in frame.targets]
        pairs = match(targets, [found[:2] for found in detections], self.radius)
        matched = dict(zip(pairs.truth_index.tolist(), pairs.predicted_index.tolist(), strict=True))
        outcomes = [
            Outcome(frame, "hit" if k in matched else "miss", targets[k], target,
                    detections[matched[k]] if k in matched else None)
            for k, target in enumerate(frame.targets)
        ]  # fmt: skip
        used = set(matched.values())
        outcomes += [
            Outcome(frame, "false", found[:2], None, found)
            for k, found in enumerate(detections)
            if k not in used
        ]
        return outcomes
