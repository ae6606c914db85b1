"""The result of an evaluation as the dictionary that ``irpoint evaluate --json`` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from irpoint.evaluation.bootstrap import bootstrap_intervals
from irpoint.evaluation.counts import Evaluation
from irpoint.evaluation.figures import FIGURES
from irpoint.evaluation.records import record_split
from irpoint.evaluation.splits import Split, SplitEvaluation
from irpoint.points import Points
from irpoint.zoo import ModelCard, ScoreOdds, SimulatedRecall


def figures(evaluation: Evaluation) -> dict[str, Any]:
    """The figures of one evaluation with their 95 % intervals, ready for JSON.

    Fractions are in 0..1 and errors in pixels. Errors are None if nothing matched; precision,
    recall and F1 are None if there are no targets. The keys are a contract: scripts read them.
    """
    values = {figure.key: figure.value(evaluation) for figure in FIGURES}
    missing = {figure.key for figure in FIGURES if figure.optional and values[figure.key] is None}
    return {
        **{key: value for key, value in values.items() if key not in missing},
        "interval_95": {
            name: None if interval is None else list(interval)
            for name, interval in bootstrap_intervals(evaluation).items()
            if name not in missing
        },
        "threshold": evaluation.threshold,
        "radius_px": evaluation.radius,
        "protocol": evaluation.protocol,
        "images": evaluation.images,
        "targets": evaluation.targets,
    }


def result(
    evaluation: SplitEvaluation, model: str | None, trained_on: Sequence[str] = ()
) -> dict[str, Any]:
    """The complete result, ready for JSON.

    Args:
        evaluation: figures of a split.
        model: name of the model; None if the points come from a file.
        trained_on: names of the datasets whose frames in this split the model was trained on.

    Returns:
        The pooled figures with ``model``, ``data`` (names of the datasets) and ``split``. With
        several datasets, also the figures of each one under ``datasets``; and ``trained_on`` if it
        is not empty.
    """
    content = {
        **figures(evaluation.pooled),
        "model": model,
        "data": list(evaluation.datasets),
        "split": evaluation.split,
    }
    if len(evaluation.datasets) > 1:
        content["datasets"] = {name: figures(part) for name, part in evaluation.datasets.items()}
    if trained_on:
        content["trained_on"] = list(trained_on)
    return content


def frame_records(
    split: Split,
    points: Mapping[Path, Points],
    score_odds: ScoreOdds | None = None,
    simulated_recall: SimulatedRecall | None = None,
    settings: Mapping[str, Any] | None = None,
    card: ModelCard | None = None,
) -> dict[str, Any]:
    """The targets and points of every frame, ready for JSON; ``irpoint report`` reads them.

    Args:
        split: the frames.
        points: the points of every frame, by its image file.
        score_odds: what the scores mean; None if it is not known.
        simulated_recall: recall of the model on simulated frames; None if it is not known.
        settings: how the points were found; None if it is not known.
        card: the card of the model; None if the points come from a file.

    Returns:
        The pooled frames as ``frames``. If datasets share images, also ``repeated``: the frames
        that count in the figures of their dataset only; ``score_odds``, ``simulated_recall``,
        ``settings`` and ``card`` if they are known.
    """
    records = record_split(split, points)
    content: dict[str, Any] = {
        "frames": [frame.model_dump(mode="json") for frame in records.frames]
    }
    if records.repeated:
        content["repeated"] = [frame.model_dump(mode="json") for frame in records.repeated]
    if settings:
        content["settings"] = dict(settings)
    for name, part in (
        ("score_odds", score_odds),
        ("simulated_recall", simulated_recall),
        ("card", card),
    ):
        if part is not None:
            content[name] = part.model_dump(mode="json")
    return content
