"""How well the uncertainty of measured positions fits their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from irpoint.evaluation.intervals import wilson_interval
from irpoint.evaluation.ratios import Float64Array

NOMINAL = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
_BINS = 6
_MIN_POINTS = 20  # with fewer, nothing is stated


@dataclass(frozen=True)
class DeviationBin:
    """Points of similar stated deviations.

    Attributes:
        count: number of points.
        stated: root mean square of their standard deviations along an axis, pixels.
        actual: root mean square of their errors along an axis, pixels.
        interval: 95 % interval of ``actual``, from the chi-square distribution of a sum of squares
            of 2 × ``count`` independent normal errors.
    """

    count: int
    stated: float
    actual: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Coverage:
    """How often the truth is inside the ellipses that the uncertainty draws.

    Attributes:
        count: number of points.
        observed: for each probability of :data:`NOMINAL`, the share of points whose target is
            within the ellipse of this probability, with its 95 % interval (Wilson).
        ratio_x, ratio_y: root mean square of error over standard deviation; 1 if it is right.
        bins: points by their stated deviation, with about equal numbers.
    """

    count: int
    observed: tuple[tuple[float, float, float], ...]
    ratio_x: float
    ratio_y: float
    bins: tuple[DeviationBin, ...]


def coverage(error_xy: npt.ArrayLike, place: npt.ArrayLike) -> Coverage | None:
    """Compare the errors of positions with their stated uncertainty.

    With normal errors of covariance Σ, the squared distance d² = eᵀΣ⁻¹e follows a chi-square
    distribution with two degrees of freedom, so that a share 1 − exp(−d²/2) is closer.

    Args:
        error_xy: (N, 2) predicted minus true position, pixels.
        place: (N, 3) standard deviation in x and in y, px, and their covariance, px².

    Returns:
        The comparison; None of fewer than 20 points.
    """
    error = np.asarray(error_xy, np.float64).reshape(-1, 2)
    stated = np.asarray(place, np.float64).reshape(-1, 3)
    if len(error) < _MIN_POINTS:
        return None
    inside = 1 - np.exp(-_squared(error, stated) / 2)
    counts = [int((inside <= nominal).sum()) for nominal in NOMINAL]
    return Coverage(
        count=len(error),
        observed=tuple((k / len(error), *wilson_interval(k, len(error))) for k in counts),
        ratio_x=_rms(error[:, 0] / stated[:, 0]),
        ratio_y=_rms(error[:, 1] / stated[:, 1]),
        bins=tuple(_bins(error, stated)),
    )


def _squared(error: Float64Array, stated: Float64Array) -> Float64Array:
    """Squared Mahalanobis distance of each error."""
    x, y = error.T
    x_std, y_std, cov = stated.T
    # A covariance at its limit would make the ellipse a line.
    limit = 0.999 * x_std * y_std
    cov = np.clip(cov, -limit, limit)
    determinant = (x_std * y_std) ** 2 - cov**2
    squared: Float64Array = ((x * y_std) ** 2 - 2 * x * y * cov + (y * x_std) ** 2) / determinant
    return squared


def _bins(error: Float64Array, stated: Float64Array) -> Sequence[DeviationBin]:
    deviation = np.sqrt((stated[:, 0] ** 2 + stated[:, 1] ** 2) / 2)
    found = []
    for members in np.array_split(np.argsort(deviation, kind="stable"), _BINS):
        actual = _rms(error[members])
        # A chi-square variable of 2n degrees of freedom is twice a gamma variable of shape n.
        low, high = (
            float(np.sqrt(len(members) / gammaincinv(len(members), q))) for q in (0.975, 0.025)
        )
        found.append(
            DeviationBin(
                len(members), _rms(deviation[members]), actual, (low * actual, high * actual)
            )
        )
    return found


def _rms(values: Float64Array) -> float:
    return float(np.sqrt((values**2).mean()))
