"""Measure the thresholds, figures and odds of a model card on the validation split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from irpoint.datasets import LabelledFrame
from irpoint.datasets.auto_split import SplitLists
from irpoint.evaluation import EvaluatedFrame, Sweep, sweep
from irpoint.evaluation.intervals import poisson_interval
from irpoint.evaluation.place_std import network_place_std
from irpoint.evaluation.result import result
from irpoint.evaluation.score_fit import fit_score_odds
from irpoint.evaluation.splits import evaluate_split, find_points, load_split
from irpoint.points import Points
from irpoint.runtime import CANDIDATE_SCORE, Detector
from irpoint.zoo import ModelCard, ScoreOdds, Thresholds

RATES_PER_MPX = (10.0, 1.0, 0.1)
_MIN_FALSE_POINTS = 5  # with fewer false points, the card has no threshold for a rate


@dataclass(frozen=True)
class CardFigures:
    """What a model card states about the validation split.

    Attributes:
        thresholds: thresholds that were chosen there.
        score_odds: odds that a candidate is real, by its score; None if there are too few.
        fallback_std: deviation of the network's place, px per axis; None if few targets are found.
        metrics: figures at the default threshold, in the form of ``irpoint evaluate --json``.
    """

    thresholds: Thresholds
    score_odds: ScoreOdds | None
    fallback_std: float | None
    metrics: dict[str, Any]

    def on(self, card: ModelCard) -> ModelCard:
        """The card with these figures."""
        return card.model_copy(
            update={
                "thresholds": self.thresholds,
                "score_odds": self.score_odds,
                "fallback_std": self.fallback_std,
                "metrics": self.metrics,
            }
        )


def measure_figures(
    detector: Detector, data: Sequence[Path], split: str, lists: SplitLists | None = None
) -> CardFigures:
    """Choose thresholds on ``split``, and measure the figures at the default one.

    The default threshold gives the best F1 over the pooled frames. The thresholds for given
    false-alarm rates come from the same frames.

    Args:
        detector: the model.
        data: dataset folders.
        split: the validation split.
        lists: split lists for datasets that have none.
    """
    frames = load_split(data, split, lists=lists)
    candidates = find_points(detector.candidates, frames.frames)
    thresholds = choose_thresholds(frames.pooled, candidates, split)
    level = thresholds.default
    found = {
        frame.image: detector.measure(
            candidates[frame.image], detector.prepare(frame.read()), level
        )
        for frame in frames.frames
    }
    evaluation = evaluate_split(frames, found, threshold=level)
    evaluated = [EvaluatedFrame.of(frame, found[frame.image]) for frame in frames.pooled]
    return CardFigures(
        thresholds,
        fit_score_odds(evaluated, CANDIDATE_SCORE, split, frames.names),
        network_place_std(frames.pooled, found, level, detector.scale),
        result(evaluation, detector.card.name),
    )


def choose_thresholds(
    frames: Iterable[LabelledFrame], found: dict[Path, Points], split: str
) -> Thresholds:
    """Threshold of the best F1, and one per false-alarm rate; None if too few points support it.

    Args:
        frames: pooled frames of the split.
        found: points of every frame with their scores, by image file.
        split: name of the split, for the card.
    """
    curve = sweep([EvaluatedFrame.of(frame, found[frame.image]) for frame in frames])
    rates = {f"{rate:g}": _at_rate(curve, rate) for rate in RATES_PER_MPX}
    return Thresholds(
        default=curve.best_f1()[0],
        chosen=f"best F1 on {split}",
        false_alarms_per_mpx={name: rate and rate[0] for name, rate in rates.items()},
        interval_95={name: rate and rate[1] for name, rate in rates.items()},
    )


def _at_rate(curve: Sweep, per_mpx: float) -> tuple[float, tuple[float, float]] | None:
    """Threshold for a false-alarm rate and the 95 % interval of its true rate.

    None if fewer than five false points support it, or if the rate is not reached even at the
    lowest candidate score.
    """
    threshold = curve.at_false_alarms_per_mpx(per_mpx)
    counted = int(curve.fp[curve.thresholds >= threshold].max(initial=0))
    megapixels = curve.pixels / 1e6
    if counted < _MIN_FALSE_POINTS or curve.fp.max() < per_mpx * megapixels:
        return None
    low, high = poisson_interval(counted)
    return threshold, (low / megapixels, high / megapixels)
