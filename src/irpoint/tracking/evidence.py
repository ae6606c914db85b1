"""Log-likelihood ratios of a target against clutter, and the sequential test on their sum.

A target has one of a few strengths: the mean of z (:mod:`irpoint.tracking.clutter`) at its place.
Which one is not known, so that every hypothesis carries a sum for each. A candidate adds

    log N(z; strength, 1.3²) − log N(z; 0, 1)  +  log(16 px · N(place; predicted, S)),

where clutter may be anywhere in its cell of 16 px, and a frame without a candidate adds the
logarithm of the chance that a target of this strength stays below the weakest candidate.

A track is confirmed when the sum exceeds A (Wald, Ann. Math. Stat. 16(2), 1945). Under clutter, the
expectation of the likelihood ratio never exceeds 1, so it exceeds exp(A) with a probability of at
most exp(−A) (Ville's inequality). A hypothesis can begin in every cell of every frame. So there are
at most cells · frames · exp(−A) false tracks, which gives A for the allowed number.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

from irpoint.tracking.clutter import CELL_PX

Floats = npt.NDArray[np.float64]

STRENGTHS = np.array([2.0, 3.0, 4.0, 5.5])
_SPREAD = 1.3  # deviation of a target's z: its place in the pixel, scintillation
_BLINK = 0.02  # chance per frame that a target's strength changes
_ALLOWANCE = 0.4  # LLR per frame for what the model of clutter does not know
_LOG_PRIOR = -math.log(len(STRENGTHS))
_HIGHEST_PD = 0.93  # targets are also covered for a while
_HOUR_S = 3600.0
TARGETS_PER_HOUR = 60.0  # that arrive, for the probability of a track


def of_target(z: Floats) -> Floats:
    """Log-density (N, K) of the z of candidates (N,), if they are of targets of each strength."""
    off = (z[:, None] - STRENGTHS) / _SPREAD
    return np.asarray(-0.5 * off**2 - math.log(_SPREAD))


def of_clutter(z: Floats, static_share: Floats, static_z: Floats, again: Floats) -> Floats:
    """Log-density (N,) of the z of candidates, if they are clutter; of the same unit.

    Args:
        z: of the candidates.
        static_share, static_z: share of frames with clutter at the place, and its mean z.
        again: log-density (N,) if it is clutter of the frames before.
    """
    with np.errstate(divide="ignore"):
        static = np.log(static_share) - 0.5 * np.maximum(z - static_z, 0) ** 2
    return np.asarray(np.logaddexp(np.logaddexp(-0.5 * z**2, static), again))


def of_miss(floor: Floats) -> Floats:
    """LLR (N, K) of frames without a candidate, whose weakest visible z would be ``floor`` (N,)."""
    chance = log_ndtr((floor[:, None] - STRENGTHS) / _SPREAD)
    return np.asarray(np.maximum(chance, math.log(1 - _HIGHEST_PD)) - log_ndtr(floor)[:, None])


def total(sums: Floats) -> Floats:
    """LLR (N,) of a target of any strength, from the sums (N, K) for each."""
    return np.asarray(np.logaddexp.reduce(sums, axis=1) + _LOG_PRIOR)


def mixed(sums: Floats) -> Floats:
    """The sums (N, K) after one more frame, in which a target may change its strength."""
    sums = sums - _ALLOWANCE
    mean = total(sums)[:, None]
    return np.asarray(np.logaddexp(sums + math.log(1 - _BLINK), mean + math.log(_BLINK)))


def threshold(shape: tuple[int, int], period: float, false_tracks_per_hour: float) -> float:
    """A, the LLR that confirms a track.

    Args:
        shape: (height, width) of the frame.
        period: seconds between frames.
        false_tracks_per_hour: that are allowed, > 0.
    """
    return math.log(beginnings(shape, period) / false_tracks_per_hour)


def beginnings(shape: tuple[int, int], period: float) -> float:
    """Number of cells per hour in which a hypothesis can begin."""
    return shape[0] * shape[1] / CELL_PX * _HOUR_S / period


def log_prior(shape: tuple[int, int], period: float) -> float:
    """Log-odds that a target begins in one cell of one frame; arguments as of :func:`threshold`."""
    return math.log(TARGETS_PER_HOUR / beginnings(shape, period))
