"""Where targets may be if the network's places are rough: on frames that were shrunk for it.

Candidates are the local peaks of the matched filters of :mod:`irpoint.measuring.start`. Between
those that stand out, distance counts more than strength: a strong target far away is another one.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from irpoint.measuring.scene import Scene
from irpoint.measuring.start import LEAST_STRENGTH, PLACES, SEARCH, responses
from irpoint.measuring.windows import BoolArray, FloatArray

_USUAL = 0.8  # px, deviation of the network's places along an axis up to which they are usual
_USUAL_REACH, _MOST_REACH = 2.5, 10.0  # px, the farthest that a target may be
_REACH = 3.5  # times the deviation of the network's places along an axis
_FREEDOM = 4.0  # of the Student-t distribution of the network's errors
_PEAK = 5  # px, side of the square in which a candidate is the highest
_BY_STRENGTH = 2.0  # log-likelihood of a candidate for each e-fold of its squared strength
_BETTER = 2.0  # by which the log-likelihood of the chosen candidate exceeds those of others
_SAME_TARGET = 3.0  # px
_ROUNDS = 4  # of choosing again, where two points have chosen the same target
_HALF = 6  # px on each side of the middle of the window of a filter
_BEYOND = 5  # px from the reach to the middle of the blocks in which noise is measured


def reach_of(network_std: float) -> float:
    """The farthest that a target may be from the network's place, px."""
    return min(_REACH * network_std, _MOST_REACH) if is_rough(network_std) else _USUAL_REACH


def is_rough(network_std: float) -> bool:
    """Whether the network's places are too rough to start from."""
    return network_std > _USUAL


def approach(scene: Scene, network_std: float) -> tuple[FloatArray, BoolArray]:
    """Choose a target near each point; no two points get the same.

    Args:
        scene: a frame with its N >= 1 points.
        network_std: standard deviation of their places along each axis, px.

    Returns:
        The places (N, 2) to the pixel, and whether the choice was clear (N,). A point near which
        nothing stands out keeps its place.
    """
    places = scene.points.xy.astype(np.float64)
    strength, centre = _strengths(scene, math.ceil(reach_of(network_std)))
    steps = np.arange(strength.shape[1]) - strength.shape[1] // 2
    x, y = (centre[:, axis, None] + steps - places[:, axis, None] for axis in (0, 1))
    square = (x * x)[:, None, :] + (y * y)[:, :, None]
    candidate = strength == ndimage.maximum_filter(strength, (1, _PEAK, _PEAK))
    candidate &= (strength >= LEAST_STRENGTH) & (square <= reach_of(network_std) ** 2)
    prior = (_FREEDOM + 2) / 2 * np.log1p(square / (_FREEDOM * network_std**2))
    likely = _BY_STRENGTH * np.log(np.maximum(strength, 1.0)) - prior
    likely = np.where(candidate, likely, -np.inf).reshape(len(places), -1)
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    chosen = _choose(likely, grid, centre)
    number = np.arange(len(places))
    value = likely[number, chosen]
    found = np.isfinite(value)
    places[found] = (centre + grid[chosen])[found]
    likely[number, chosen] = -np.inf
    return places, ~found | (likely.max(1) < value - _BETTER)


def _strengths(scene: Scene, search: int) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Responses (N, S, S) at the pixels around the pixels (N, 2), in standard deviations.

    The filters see ``PLACES`` pixels at once, so that the search is made of tiles.
    """
    tiles = 2 * math.ceil((search - SEARCH) / PLACES) + 1
    half = _HALF + PLACES * (tiles // 2)
    everyone = np.arange(len(scene.points))
    view = scene.look(everyone, scene.points.xy, search + _BEYOND, half)
    size = 2 * _HALF + 1
    values = np.where(view.windows.valid & ~view.spikes, view.windows.values, 0.0)
    weights = view.around.weights(size)
    result = np.empty((len(everyone), PLACES * tiles, PLACES * tiles))
    for row, column in itertools.product(range(0, PLACES * tiles, PLACES), repeat=2):
        part = values[:, row : row + size, column : column + size]
        gain = responses(part, weights).max(1)
        result[:, row : row + PLACES, column : column + PLACES] = np.sqrt(gain)
    return result, view.windows.centre


def _choose(
    likely: FloatArray, grid: npt.NDArray[np.int64], centre: npt.NDArray[np.int64]
) -> npt.NDArray[np.intp]:
    """Number (N,) of the candidate of each point; those that two points want become −inf for one.

    Args:
        likely: (N, P) log-likelihood of the candidates.
        grid: (P, 2) their places from ``centre`` (N, 2).
        centre: frame pixels.
    """
    number = np.arange(len(likely))
    for _ in range(_ROUNDS):
        chosen = likely.argmax(1)
        value = likely[number, chosen]
        taken = np.flatnonzero(np.isfinite(value))
        tree = cKDTree((centre + grid[chosen])[taken])
        pairs = taken[tree.query_pairs(_SAME_TARGET, output_type="ndarray")]
        if not len(pairs):
            break
        first_loses = value[pairs[:, 0]] < value[pairs[:, 1]]
        lost = np.unique(np.where(first_loses, pairs[:, 0], pairs[:, 1]))
        likely[lost, chosen[lost]] = -np.inf
    return np.asarray(likely.argmax(1))
