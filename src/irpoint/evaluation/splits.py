"""Evaluate one split of one or several datasets: each dataset alone, and all pooled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from irpoint.datasets.auto_split import SplitLists
from irpoint.datasets.layout import Truth
from irpoint.datasets.load import load_dataset
from irpoint.datasets.pool import pool
from irpoint.datasets.record import Dataset, LabelledFrame
from irpoint.errors import EvaluationError
from irpoint.evaluation.counts import EvaluatedFrame, Evaluation, evaluate
from irpoint.evaluation.matching import RADIUS_PX
from irpoint.points import Points

Finder = Callable[[npt.NDArray[np.generic]], Points]
"""A detector at one threshold: a frame (H, W) to its points in frame pixels."""


@dataclass(frozen=True)
class Split:
    """One split of one or several datasets.

    Attributes:
        name: name of the split.
        datasets: the datasets, in the order given; their names differ.
        pooled: the frames of all datasets; an image that two of them share counts once.
    """

    name: str
    datasets: tuple[Dataset, ...]
    pooled: tuple[LabelledFrame, ...]

    @property
    def frames(self) -> list[LabelledFrame]:
        """All frames of all datasets."""
        return [frame for dataset in self.datasets for frame in dataset]

    @property
    def names(self) -> list[str]:
        """Names of the datasets."""
        return [dataset.name for dataset in self.datasets]


@dataclass(frozen=True)
class SplitEvaluation:
    """Figures of one split.

    Attributes:
        split: name of the split.
        pooled: over the pool, in which an image that two datasets share counts once.
        datasets: over all frames of each dataset, by its name, in the order given.
    """

    split: str
    pooled: Evaluation
    datasets: Mapping[str, Evaluation]


def load_split(
    folders: Iterable[str | Path],
    name: str,
    truth: Truth = "mask",
    lists: SplitLists | None = None,
) -> Split:
    """Load one split of several dataset folders.

    Args:
        folders: the dataset folders.
        name: name of the split, as in :func:`irpoint.datasets.load_dataset`.
        truth: the labels to use if a folder has both masks and points.
        lists: split lists for datasets that have none, such as those of a training run.

    Raises:
        DatasetError: if a folder, its layout, the split or a label is missing or wrong.
        EvaluationError: if two folders have the same name, which would be ambiguous in tables.
    """
    datasets = tuple(load_dataset(Path(folder), name, truth, lists) for folder in folders)
    names = [dataset.name for dataset in datasets]
    for index, repeated in enumerate(names):
        if repeated in names[:index]:
            raise EvaluationError(
                f"two datasets are named {repeated!r}; give each once, or rename one"
            )
    return Split(name, datasets, tuple(pool(datasets)))


def find_points(find: Finder, frames: Iterable[LabelledFrame]) -> dict[Path, Points]:
    """The detector's points of every frame, by its image file.

    Raises:
        FrameError: if a frame cannot be read. It is not skipped, because that would change the
            figures.
    """
    return {frame.image: find(frame.read()) for frame in frames}


def evaluate_split(
    split: Split,
    predicted: Mapping[Path, Points],
    protocol: str = "point",
    radius: float = RADIUS_PX,
    threshold: float | None = None,
) -> SplitEvaluation:
    """Figures of each dataset and of their pool.

    Args:
        split: the frames.
        predicted: the points of every frame, by its image file.
        protocol: name of a point protocol.
        radius: matching radius in pixels, inclusive.
        threshold: minimum score of a point that counts; None counts all.

    Raises:
        EvaluationError: as :func:`irpoint.evaluation.evaluate`.
    """

    def figures(frames: Sequence[LabelledFrame]) -> Evaluation:
        listed = [EvaluatedFrame.of(frame, predicted[frame.image]) for frame in frames]
        return evaluate(listed, protocol, radius, threshold)

    return split_figures(split, figures)


def split_figures(
    split: Split, figures: Callable[[Sequence[LabelledFrame]], Evaluation]
) -> SplitEvaluation:
    """Apply ``figures`` to each dataset and to their pool."""
    return SplitEvaluation(
        split=split.name,
        pooled=figures(split.pooled),
        datasets={dataset.name: figures(dataset.frames) for dataset in split.datasets},
    )


def trained_on(
    card_data: Sequence[str], card_split: str, names: Sequence[str], split: str
) -> list[str]:
    """Those of the datasets ``names`` whose ``split`` a model was trained on.

    Args:
        card_data: names of the datasets on the card of the model.
        card_split: the split on the card: ``train``, or several as in ``train+val``.
        names: names of the datasets that are evaluated.
        split: the split that is evaluated; ``all`` includes every split.
    """
    # SIRST v2 names its lists train_full, val_full and test_full.
    trained = {part.removesuffix("_full") for part in card_split.split("+")}
    seen = split == "all" or split.removesuffix("_full") in trained
    return [name for name in names if seen and name in card_data]
