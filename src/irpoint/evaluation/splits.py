"""Evaluate one split of one or several data sets: each alone, and pooled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from irpoint.datasets.record import Dataset, LabelledFrame
from irpoint.errors import EvaluationError
from irpoint.evaluation.counts import EvaluatedFrame, Evaluation, evaluate
from irpoint.evaluation.matching import RADIUS_PX
from irpoint.frames import read_frame
from irpoint.points import Points

Finder = Callable[[npt.NDArray[np.generic]], Points]
"""A detector at one threshold: a frame (H, W) to its points in frame pixels."""


@dataclass(frozen=True)
class SplitEvaluation:
    """Figures of one split.

    Attributes:
        pooled: over the pool, in which an image that comes twice counts once.
        datasets: over all frames of each data set, by its name, in the order given.
    """

    pooled: Evaluation
    datasets: Mapping[str, Evaluation]


def find_points(find: Finder, frames: Iterable[LabelledFrame]) -> dict[Path, Points]:
    """The detector's points of every frame, by its image file.

    Raises:
        FrameError: for the first frame that cannot be read. None is skipped, since a frame left
            out would change the figures.
    """
    return {frame.image: find(read_frame(frame.image)) for frame in frames}


def evaluate_split(
    datasets: Sequence[Dataset],
    pooled: Sequence[LabelledFrame],
    predicted: Mapping[Path, Points],
    protocol: str = "point",
    radius: float = RADIUS_PX,
    threshold: float | None = None,
) -> SplitEvaluation:
    """Figures of each data set and of their pool.

    Args:
        datasets: the split of each data set; their names differ.
        pooled: the frames of :func:`irpoint.datasets.pool` of them.
        predicted: the points of every frame, by its image file.
        protocol, radius, threshold: as :func:`irpoint.evaluation.evaluate`.

    Raises:
        EvaluationError: as :func:`irpoint.evaluation.evaluate`, or where names are not distinct.
    """

    def figures(frames: Sequence[LabelledFrame]) -> Evaluation:
        rated = [EvaluatedFrame.of(frame, predicted[frame.image]) for frame in frames]
        return evaluate(rated, protocol, radius, threshold)

    return split_figures(datasets, pooled, figures)


def split_figures(
    datasets: Sequence[Dataset],
    pooled: Sequence[LabelledFrame],
    figures: Callable[[Sequence[LabelledFrame]], Evaluation],
) -> SplitEvaluation:
    """``figures`` of each data set and of their pool.

    Raises:
        EvaluationError: where names are not distinct.
    """
    check_names([dataset.name for dataset in datasets])
    return SplitEvaluation(
        pooled=figures(pooled),
        datasets={dataset.name: figures(dataset.frames) for dataset in datasets},
    )


def check_names(names: Sequence[str]) -> None:
    """Refuse two data sets of one name, which a table could not tell apart.

    Raises:
        EvaluationError: naming the first that comes twice.
    """
    for index, name in enumerate(names):
        if name in names[:index]:
            raise EvaluationError(
                f"two data sets are named {name!r}; give each once, or rename one"
            )


def trained_on(
    card_data: Sequence[str], card_split: str, names: Sequence[str], split: str
) -> list[str]:
    """Those of the data sets ``names`` whose ``split`` a model was trained on.

    Args:
        card_data: names of the data sets that the model's card lists.
        card_split: the card's split, ``train`` or several as ``train+val``.
        names: names of the data sets that are evaluated.
        split: the split that is evaluated; ``all`` holds what was trained on too.
    """
    # SIRST v2 names its lists train_full, val_full, test_full.
    trained = {part.removesuffix("_full") for part in card_split.split("+")}
    seen = split == "all" or split.removesuffix("_full") in trained
    return [name for name in names if seen and name in card_data]
