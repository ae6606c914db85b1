"""95 % intervals of the figures: percentile bootstrap over images (Efron and Tibshirani, 1993)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from irpoint.errors import EvaluationError
from irpoint.evaluation.counts import Evaluation
from irpoint.evaluation.ratios import ratios

Float64Array = npt.NDArray[np.float64]
Interval = tuple[float, float]

_CELLS_AT_ONCE = 4_000_000


def bootstrap_intervals(
    evaluation: Evaluation, seed: int = 0, samples: int = 2000
) -> dict[str, Interval | None]:
    """The 2.5 and 97.5 percentiles of each figure over resampled lists of images.

    Images are drawn with replacement, as many as there are, so that points of one image stay
    together. The intervals speak of the choice of images only: not of the seed of a training, nor
    of images of another kind. Where every image agrees (no error at all) an interval has no width.

    Args:
        evaluation: the counts of each image.
        seed: of the random draws; one seed gives the same intervals every time.
        samples: number of resampled lists; at least 1.

    Returns:
        ``f1``, ``precision``, ``recall`` (0..1), ``false_alarms_per_image``,
        ``false_alarms_per_mpx`` and ``localisation_error_px`` (mean distance of pairs; over the
        lists with a pair), each (low, high); the last None where nothing matched.

    Raises:
        EvaluationError: where ``samples`` is below 1.
    """
    if samples < 1:
        raise EvaluationError(f"bootstrap samples {samples} must be 1 or more")
    tp, fp, fn, pixels, distance = _totals(_table(evaluation), seed, samples).T
    fractions = ratios(tp, fp, fn)
    matched = tp > 0
    return {
        "f1": _interval(fractions.f1),
        "precision": _interval(fractions.precision),
        "recall": _interval(fractions.recall),
        "false_alarms_per_image": _interval(fp / evaluation.images),
        "false_alarms_per_mpx": _interval(fp / pixels * 1e6),
        "localisation_error_px": (
            _interval(distance[matched] / tp[matched]) if matched.any() else None
        ),
    }


def _table(evaluation: Evaluation) -> Float64Array:
    """(images, 5): tp, fp, fn, pixels and the sum of the distances of the pairs."""
    return np.array(
        [
            (
                frame.tp,
                frame.fp,
                frame.fn,
                frame.pixels,
                np.hypot(frame.error_xy[:, 0], frame.error_xy[:, 1]).sum(),
            )
            for frame in evaluation.frames
        ],
        dtype=np.float64,
    )


def _totals(table: Float64Array, seed: int, samples: int) -> Float64Array:
    """(samples, 5): the column sums of each resampled list, a block at a time for memory."""
    images = len(table)
    random = np.random.default_rng(seed)
    block = max(1, _CELLS_AT_ONCE // images)
    share = np.full(images, 1 / images)
    return np.concatenate(
        [
            random.multinomial(images, share, size=min(block, samples - start)) @ table
            for start in range(0, samples, block)
        ]
    )


def _interval(values: Float64Array) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
