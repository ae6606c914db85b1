"""Get the points to evaluate, from a model or from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from irpoint._version import __version__
from irpoint.datasets.record import LabelledFrame
from irpoint.evaluation.assign import assign_predictions
from irpoint.evaluation.matching import RADIUS_PX
from irpoint.evaluation.prediction_files import read_predictions
from irpoint.evaluation.splits import (
    Split,
    SplitEvaluation,
    evaluate_split,
    find_points,
    trained_on,
)
from irpoint.frames.numbered import split_number
from irpoint.points import Points
from irpoint.runtime import Detector
from irpoint.zoo import ModelCard, ScoreOdds, SimulatedRecall

Progress = Callable[[Iterable[LabelledFrame]], Iterable[LabelledFrame]]
"""Wraps the frames, to show progress while they are read."""


@dataclass(frozen=True)
class Predictions:
    """The points of every frame of a split, and their origin.

    Attributes:
        title: name of the model or of the file.
        model: name of the model; None if the points come from a file.
        points: the points by image file, of a model also those below the threshold, down to the
            lowest score that may belong to a target. Only those that count are measured.
        threshold: minimum score of a point that counts; None if all count.
        threshold_from: how the threshold was chosen, in words.
        trained_on: names of the datasets whose frames in this split the model was trained on.
        score_odds: what the scores mean; None if it is not known.
        simulated_recall: recall on simulated frames; None if it is not known.
        settings: how the points were found, for the report; empty if it is not known.
        card: the card of the model; None if the points come from a file.
    """

    title: str
    model: str | None
    points: Mapping[Path, Points]
    threshold: float | None
    threshold_from: str
    trained_on: tuple[str, ...] = ()
    score_odds: ScoreOdds | None = None
    simulated_recall: SimulatedRecall | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    card: ModelCard | None = None


def predictions_of_model(
    detector: Detector,
    split: Split,
    threshold: float | None = None,
    *,
    progress: Progress = iter,
) -> Predictions:
    """Run a model on every frame of a split.

    Args:
        detector: the model.
        split: the frames.
        threshold: minimum score of a point that counts; by default that of the detector.
        progress: wraps the frames, to show progress.

    Raises:
        FrameError: if a frame cannot be read.
    """
    card = detector.card
    level = detector.threshold if threshold is None else threshold
    chosen = "given"
    if threshold is None:
        from_card = level == card.thresholds.default
        chosen = f"{card.thresholds.chosen}, from the model's card" if from_card else "as published"
    return Predictions(
        title=card.name,
        model=card.name,
        points=find_points(
            lambda frame: detector.candidates(frame, measured_from=level), progress(split.frames)
        ),
        threshold=level,
        threshold_from=chosen,
        trained_on=tuple(trained_on(card.data, card.split, split.names, split.name)),
        score_odds=detector.score_odds,
        simulated_recall=card.simulated_recall if detector.as_measured else None,
        settings={
            "irpoint": __version__,
            "backend": detector.backend,
            "precision": detector.precision,
            "scale": detector.scale,
            "polarity": detector.polarity,
            "measured": detector.measures,
            "published_decoder": bool(detector.settings["published_decoder"]),
            "threshold_from": chosen,
        },
        card=card,
    )


def predictions_of_file(
    path: str | Path, split: Split, threshold: float | None = None
) -> Predictions:
    """Read points from a CSV, JSON or COCO file.

    Args:
        path: the file, see :func:`irpoint.evaluation.read_predictions`.
        split: the frames that the names in the file refer to.
        threshold: minimum score of a point that counts; None counts all.

    Raises:
        EvaluationError: if the file cannot be read, or if a name refers to no frame or to several.
    """
    path = Path(path)
    named = read_predictions(path, _stacks(split))
    return Predictions(
        title=str(path),
        model=None,
        points=assign_predictions(named, split.frames, split.pooled),
        threshold=threshold,
        threshold_from="every point counts" if threshold is None else "given",
        settings={"irpoint": __version__, "predictions": path.name},
    )


def evaluate_predictions(
    predictions: Predictions, split: Split, protocol: str = "point", radius: float = RADIUS_PX
) -> SplitEvaluation:
    """Figures of each dataset of a split and of their pool, at the threshold of the predictions.

    Args:
        predictions: the points of every frame of the split.
        split: the frames with their labels.
        protocol: name of a point protocol.
        radius: matching radius in pixels, inclusive.

    Raises:
        EvaluationError: if the protocol is unknown, or if the radius or the threshold is out of
            range.
    """
    return evaluate_split(split, predictions.points, protocol, radius, predictions.threshold)


def _stacks(split: Split) -> set[str]:
    """Names of the stacks and videos whose frames are in a split."""
    numbered = (split_number(frame.image) for frame in split.frames)
    return {file.name for file, number in numbered if number is not None}
