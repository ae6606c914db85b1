"""95 % intervals of the mean of a count, of single events or of clusters, and of a share."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

_LOW, _HIGH = 0.025, 0.975
_Z95 = 1.959963984540054


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


def wilson_interval(part: int, whole: int) -> tuple[float, float]:
    """95 % interval of a share, from ``part`` of ``whole`` independent trials; whole >= 1.

    Source: Wilson, J. Am. Stat. Assoc. 22 (1927).
    """
    share, square = part / whole, _Z95**2
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    reach = _Z95 * math.sqrt(share * (1 - share) / whole + square / (4 * whole**2))
    reach /= 1 + square / whole
    return max(0.0, middle - reach), min(1.0, middle + reach)
