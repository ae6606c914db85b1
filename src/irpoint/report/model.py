"""One model in a report: its frames, and their counts at every stop of its slider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from irpoint.evaluation import EvaluatedFrame, Evaluation, Sweep, sweep
from irpoint.evaluation.bootstrap import Interval, bootstrap_levels
from irpoint.evaluation.levels import evaluate_levels
from irpoint.evaluation.records import FrameRecord, SplitRecords
from irpoint.report.reliability import Reliability, measure_reliability
from irpoint.report.stops import Stops, choose_stops
from irpoint.zoo import ModelCard, ScoreOdds, SimulatedRecall


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
        settings: how the points were found; empty if it is not known.
        card: the card of the model; None if it is not known.
        run: the settings of the training run; empty if it is not known.
        rates: false points per Mpx at which all models of the report are compared.
        given_stops: stops to use instead of those chosen from the frames; of the pooled frames,
            for a part of them.
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
    settings: Mapping[str, Any] = field(default_factory=dict)
    card: ModelCard | None = None
    run: Mapping[str, Any] = field(default_factory=dict)
    rates: Sequence[float] = ()
    given_stops: Stops | None = None

    @property
    def frames(self) -> tuple[FrameRecord, ...]:
        """The pooled frames."""
        return self.records.frames

    @property
    def every_frame(self) -> tuple[FrameRecord, ...]:
        """The pooled frames, then those that count in the figures of their dataset only."""
        return (*self.records.frames, *self.records.repeated)

    @cached_property
    def evaluated(self) -> list[EvaluatedFrame]:
        """The pooled frames as the protocols use them."""
        return [frame.evaluated() for frame in self.frames]

    @cached_property
    def sweep(self) -> Sweep:
        """Counts at every threshold."""
        return sweep(self.evaluated, radius=self.radius)

    @cached_property
    def stops(self) -> Stops:
        """The stops of the slider."""
        return self.given_stops or choose_stops(self.sweep, self.threshold, self.rates)

    @cached_property
    def levels(self) -> list[Evaluation]:
        """Figures at each stop."""
        return evaluate_levels(self.evaluated, self.stops.thresholds, radius=self.radius)

    @property
    def evaluation(self) -> Evaluation:
        """Figures at the threshold."""
        return self.levels[self.stops.default]

    @cached_property
    def level_intervals(self) -> list[dict[str, Interval | None]]:
        """95 % intervals of the figures at each stop."""
        return bootstrap_levels(self.levels)

    @property
    def intervals(self) -> dict[str, Interval | None]:
        """95 % intervals of the figures at the threshold."""
        return self.level_intervals[self.stops.default]

    @cached_property
    def reliability(self) -> Reliability | None:
        """How well the probabilities of the scores fit these frames; None if there are none."""
        if self.score_odds is None:
            return None
        return measure_reliability(
            self.evaluated, self.score_odds, self.split, self.datasets, self.radius
        )

    @property
    def datasets(self) -> list[str]:
        """Names of the datasets, in order."""
        return self.records.datasets

    @cached_property
    def parts(self) -> dict[str, ReportedModel]:
        """The same model on all frames of each dataset, at the same stops."""
        return {
            name: replace(
                self,
                records=SplitRecords(self.records.of(name)),
                training=(),
                given_stops=self.stops,
            )
            for name in self.datasets
        }

    def on(self, dataset: str) -> ReportedModel:
        """The same model on all frames of one dataset, at the same stops."""
        return self.parts[dataset]
