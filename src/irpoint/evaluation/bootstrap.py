"""95 % intervals of the figures: percentile bootstrap over images (Efron and Tibshirani, 1993)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from irpoint.errors import EvaluationError
from irpoint.evaluation.counts import Evaluation
from irpoint.evaluation.figure import Resamples
from irpoint.evaluation.figures import FIGURES
from irpoint.evaluation.ratios import Float64Array

Interval = tuple[float, float]

_CELLS_AT_ONCE = 4_000_000


def bootstrap_intervals(
    evaluation: Evaluation, seed: int = 0, samples: int = 2000
) -> dict[str, Interval | None]:
    """The 2.5 and 97.5 percentiles of each figure over resampled lists of images.

    Images are drawn with replacement, as many as there are, so that the points of one image stay
    together. The intervals describe the choice of images only, neither the seed of a training run
    nor images of another kind. If all images agree (no error at all), an interval has no width.

    Args:
        evaluation: the counts of each image.
        seed: seed of the draws; the same seed gives the same intervals.
        samples: number of resampled lists; at least 1.

    Returns:
        (low, high) of each figure of :data:`irpoint.evaluation.figures.FIGURES` that has an
        interval, by its key. Lists that do not define a figure are left out: the localisation error
        if nothing matched, precision, recall and F1 if there are no targets. None if no list
        defines it.

    Raises:
        EvaluationError: if ``samples`` is below 1.
    """
    return bootstrap_levels([evaluation], seed, samples)[0]


def bootstrap_levels(
    evaluations: Sequence[Evaluation], seed: int = 0, samples: int = 2000
) -> list[dict[str, Interval | None]]:
    """What :func:`bootstrap_intervals` gives for several evaluations of the same images.

    They share the resampled lists, which are most of the work.

    Args:
        evaluations: counts of the same images, such as those at several thresholds.
        seed, samples: as for :func:`bootstrap_intervals`.

    Raises:
        EvaluationError: if ``samples`` is below 1, or the numbers of images differ.
    """
    if samples < 1:
        raise EvaluationError(f"bootstrap samples {samples} must be 1 or more")
    if len({evaluation.images for evaluation in evaluations}) > 1:
        raise EvaluationError("the evaluations are of different images; evaluate one split")
    values: list[dict[str, list[Float64Array]]] = [defaultdict(list) for _ in evaluations]
    for block in _resamples(evaluations, seed, samples):
        for lists, of_one in zip(block, values, strict=True):
            for figure in FIGURES:
                if figure.resampled:
                    of_one[figure.key].append(figure.resampled(lists))
    return [
        {key: _interval(np.concatenate(parts)) for key, parts in of_one.items()}
        for of_one in values
    ]


def _table(evaluation: Evaluation) -> Float64Array:
    """(images, 5): tp, fp, fn, pixels and the sum of the distances of the pairs."""
    return np.array(
        [
            (frame.tp, frame.fp, frame.fn, frame.pixels, frame.distance)
            for frame in evaluation.frames
        ],
        dtype=np.float64,
    )


def _resamples(
    evaluations: Sequence[Evaluation], seed: int, samples: int
) -> Iterator[list[Resamples]]:
    """The resampled lists of each evaluation, in blocks to bound memory."""
    tables, images = [_table(evaluation) for evaluation in evaluations], evaluations[0].images
    random = np.random.default_rng(seed)
    block = max(1, _CELLS_AT_ONCE // images)
    share = np.full(images, 1 / images)
    for start in range(0, samples, block):
        weights = random.multinomial(images, share, size=min(block, samples - start))
        numbers = weights.astype(np.float64)
        yield [
            Resamples(evaluation, weights, images, *(numbers @ table).T)
            for evaluation, table in zip(evaluations, tables, strict=True)
        ]


def _interval(values: Float64Array) -> Interval | None:
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
