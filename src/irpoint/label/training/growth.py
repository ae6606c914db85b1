"""How much more labels are likely to bring: the learning curve of the folds, extrapolated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.evaluation.counts import FrameCounts
from irpoint.evaluation.ratios import ratios
from irpoint.label.training.comparison import by_scene

Float64Array = npt.NDArray[np.float64]

_DRAWS = 4000
_HARDLY = 2.0  # points; a smaller gain is not worth the clicks


@dataclass(frozen=True)
class Growth:
    """What as many labels again are likely to bring.

    Attributes:
        sentence: in words.
        frames, targets: number of further frames, and of clicks in them.
        gain, low, high: in points of F1, with the 95 % interval.
    """

    sentence: str
    frames: int
    targets: int
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Sizes:
    """Number of frames that were learned: by the halves, by the folds, and by the new model."""

    half: float
    fold: float
    all: int


def growth(
    half: Sequence[FrameCounts],
    whole: Sequence[FrameCounts],
    scenes: Sequence[str],
    sizes: Sizes,
    targets: int,
) -> Growth:
    """Extrapolate from half of the labels and all of them to twice as many.

    The error 1 − F1 is taken as a power of the number of frames, as learning curves are over such
    a range (Hestness et al., arXiv 1712.00409). The interval is a bootstrap over scenes: it
    describes the choice of the judged frames, and not that the curve may bend.

    Args:
        half, whole: counts of the same frames by models that learned half of the labels, and all.
        scenes: what each frame shows.
        sizes: number of frames that the models learned.
        targets: number of targets of all labelled frames.
    """
    first, second = (_table(by_scene(counts, scenes)) for counts in (half, whole))
    count = len(first)
    draws = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), size=_DRAWS)
    observed = _gain(first.sum(0), second.sum(0), sizes)
    drawn = _gain(draws @ first, draws @ second, sizes)
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    numbers = float(observed), float(low), float(high)
    return Growth(in_words(*numbers, sizes.all, targets), sizes.all, targets, *numbers)


def in_words(gain: float, low: float, high: float, frames: int, targets: int) -> str:
    """What ``frames`` more frames with ``targets`` targets bring, as a sentence."""
    more = f"{frames} more frames (about {targets} clicks)"
    if high < _HARDLY:
        return f"More labels like these hardly pay: {more} bring {max(high, 0):.1f} points at most."
    if low > 0:
        return (
            f"More labels are likely to pay: {more} bring about {gain:.0f} points "
            f"({low:.0f} to {high:.0f}), if the learning curve continues."
        )
    return (
        f"Whether more labels pay cannot be told yet: {more} bring between {abs(low):.0f} points "
        f"less and {high:.0f} more."
    )


def _gain(half: Float64Array, whole: Float64Array, sizes: Sizes) -> Float64Array:
    """Gain in points from all labels to twice as many, given (…, 3) counts tp, fp and fn."""
    first, second = _error(half), _error(whole)
    power = np.log(first / second) / np.log(sizes.fold / sizes.half)
    power = np.clip(power, -1, 1)  # no measured curve is steeper
    now = np.minimum(second * (sizes.all / sizes.fold) ** -power, 1)
    later = np.minimum(now * 2.0**-power, 1)
    gain: Float64Array = 100 * (now - later)
    return gain


def _error(counts: Float64Array) -> Float64Array:
    """1 − F1, at least that of half a wrong point: a perfect result has no slope."""
    tp, fp, fn = counts[..., 0], counts[..., 1], counts[..., 2]
    least = 0.5 / np.maximum(2 * tp + fp + fn, 1)
    error: Float64Array = np.maximum(1 - ratios(tp, fp, fn).f1, least)
    return error


def _table(counts: Sequence[FrameCounts]) -> Float64Array:
    return np.array([(frame.tp, frame.fp, frame.fn) for frame in counts], np.float64)
