"""95 % intervals of the mean of a count: independent events, and events of several counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

_LOW, _HIGH = 0.025, 0.975


def poisson_interval(counted: int) -> tuple[float, float]:
    """Exact 95 % interval of the mean of a Poisson variable, given one observation.

    Source: Garwood, Biometrika 28 (1936).
    """
    return clustered_interval(np.ones(counted))


def clustered_interval(sizes: npt.ArrayLike, dispersion: float = 1.0) -> tuple[float, float]:
    """95 % interval of the mean of a count that comes from independent events of several counts.

    With events of one count each, it is the exact interval of :func:`poisson_interval`. Larger
    events make it wider, because there are fewer of them than the count says.

    Source: gamma interval of Fay and Feuer, Statistics in Medicine 16 (1997), in which each event
    is a Poisson variable that is weighted with its size.

    Args:
        sizes: (K,) counts of the events; they sum up to the count.
        dispersion: variance of the count over that of a Poisson variable, if it is known to be
            larger than the events say; 1 if not.
    """
    weights = np.asarray(sizes, np.float64)
    total = float(weights.sum())
    variance = max(float((weights**2).sum()), dispersion * total)
    largest = max(float(weights.max(initial=1.0)), dispersion)
    low = 0.0
    if total:
        low = variance / total * float(gammaincinv(total**2 / variance, _LOW))
    # As if one more event of the largest size had been counted.
    more, spread = total + largest, variance + largest**2
    return low, spread / more * float(gammaincinv(more**2 / spread, _HIGH))
