"""Compare two models on the same images: is the difference more than chance?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.errors import EvaluationError
from irpoint.evaluation.counts import Evaluation
from irpoint.evaluation.ratios import ratios

Float64Array = npt.NDArray[np.float64]
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Comparison:
    """The F1 of one model minus that of another on the same images.

    Attributes:
        difference: in −1..1; the first model is better if it is above 0.
        interval_95: percentile bootstrap over images, with both models on the same draw.
        p_value: permutation test: share of the random exchanges of the two models' points, image by
            image, whose difference is at least as large in either direction.

    All are nan if the images have no targets, because F1 is then undefined.
    """

    difference: float
    interval_95: tuple[float, float]
    p_value: float


def compare(
    first: Evaluation, second: Evaluation, seed: int = 0, samples: int = 4000
) -> Comparison:
    """Compare two evaluations of the same images.

    Args:
        first, second: counts of the same images in the same order.
        seed: seed of the random draws.
        samples: number of draws for the interval and for the test.

    Raises:
        EvaluationError: if the images differ.
    """
    if [(f.dataset, f.name) for f in first.frames] != [(f.dataset, f.name) for f in second.frames]:
        raise EvaluationError("the two evaluations are of different images; evaluate one split")
    one, two = _table(first), _table(second)
    if not (one[:, 0] + one[:, 2]).any():
        return Comparison(math.nan, (math.nan, math.nan), math.nan)
    observed = float(_f1(one.sum(axis=0)) - _f1(two.sum(axis=0)))
    rng, images = np.random.default_rng(seed), len(one)
    drawn, exchanged = [], []
    block = max(1, _AT_ONCE // images)
    for start in range(0, samples, block):
        size = min(block, samples - start)
        weights = rng.multinomial(images, np.full(images, 1 / images), size=size)
        drawn.append(_f1(weights @ one) - _f1(weights @ two))
        swap = rng.integers(0, 2, (size, images)).astype(np.float64)
        moved = swap @ (two - one)
        exchanged.append(_f1(one.sum(axis=0) + moved) - _f1(two.sum(axis=0) - moved))
    low, high = np.nanpercentile(np.concatenate(drawn), [2.5, 97.5])  # nan: no target was drawn
    # The tolerance counts an exchange that changes nothing, despite rounding errors.
    as_large = np.abs(np.concatenate(exchanged)) >= abs(observed) - 1e-12
    p_value = (1 + int(as_large.sum())) / (1 + samples)
    return Comparison(observed, (float(low), float(high)), p_value)


def _table(evaluation: Evaluation) -> Float64Array:
    return np.array([(f.tp, f.fp, f.fn) for f in evaluation.frames], np.float64)


def _f1(counts: Float64Array) -> Float64Array:
    return ratios(counts[..., 0], counts[..., 1], counts[..., 2]).f1
