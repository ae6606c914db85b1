"""Levenberg–Marquardt for one target a window: all windows at once, on products of profiles.

A target is an outer product of a profile along y and one along x, and its modes are outer products
of theirs. So a sum over the modes of a window is a sum over products of two profiles, weighted:
(N, 6, n) · (N, n, n) · (N, n, 6) instead of (N, 4, n²) · (N, n², 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from irpoint.measuring.modes import cosines, times
from irpoint.measuring.windows import BoolArray, FloatArray
from irpoint.psf import gaussian_profiles

X, Y, WIDTH, FLUX = range(4)
PARAMETERS = 4  # of a target
MIN_WIDTH, MAX_WIDTH = 0.3, 6.0  # px
_STEPS = 25
_MAX_MOVE, _MAX_WIDER = 0.7, 0.35  # of a step: px, and of the logarithm of the width
_TOLERANCE = 0.01  # standard deviations, of the last step; what remains is far less
_EXACT = 1e-6  # px
_DAMPING, _LESS, _MORE, _MOST = 1e-4, 0.1, 10.0, 1e8

# Products of two profiles: the share itself (0), its derivative by the place (1), by the width (2).
_FIRST, _SECOND = np.array([(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]).T
_PP, _PD, _PW, _DD, _DW, _WW = range(6)


@dataclass(frozen=True, eq=False)
class Fit:
    """The most likely target in each of N windows.

    Attributes:
        target: (N, 4): x, y from the middle of the window, width, flux.
        covariance: (N, 4, 4) of these.
        chi2: (N,) weighted sum of squared residuals.
        converged: bool (N,).
    """

    target: FloatArray
    covariance: FloatArray
    chi2: FloatArray
    converged: BoolArray


def fit(modes: FloatArray, weights: FloatArray, start: FloatArray) -> Fit:
    """Fit a target to each window.

    Args:
        modes: (N, n, n) modes of the windows.
        weights: (N, n, n) inverse power of noise and background in each mode.
        start: (N, 3): x, y, width to start from.
    """
    place, proposal = start.copy(), start.copy()
    n = len(start)
    half = modes.shape[1] // 2
    product = weights * modes
    total = np.einsum("nij,nij->n", product, modes)
    chi2, flux = np.full(n, np.inf), np.zeros(n)
    normal, gradient = np.zeros((n, 4, 4)), np.zeros((n, 4))
    damping, converged = np.full(n, _DAMPING), np.zeros(n, bool)
    active = np.arange(n)
    for _ in range(_STEPS):
        x, y, width = proposal[active].T
        these = slice(None) if len(active) == n else active  # spares a copy
        tables = _products(x, y, width, half, weights[these], product[these])
        trial_flux, cost = _best_flux(*tables)
        cost += total[active]
        better = cost <= chi2[active]
        some = active[better]
        place[some], chi2[some], flux[some] = proposal[some], cost[better], trial_flux[better]
        both, data = tables
        normal[some], gradient[some] = _normal(both[better], data[better], flux[some])
        damping[active] *= np.where(better, _LESS, _MORE)
        step = _step(normal[active], gradient[active], damping[active], place[active, 2])
        deviation = 1.0 / np.sqrt(np.maximum(normal[active][:, (0, 1), (0, 1)], 1e-300))
        size = np.abs(step[:, :2])
        small = (size < np.maximum(_TOLERANCE * deviation, _EXACT)).all(1)
        done = small | (damping[active] > _MOST)
        proposal[active] = _moved(place[active], step)
        converged[active[small]] = True
        finished = active[small & better]
        place[finished] = proposal[finished]
        active = active[~done]
        if not len(active):
            break
    return Fit(np.column_stack([place, flux]), _inverse(normal), chi2, converged)


def _products(
    x: FloatArray,
    y: FloatArray,
    width: FloatArray,
    half: int,
    weights: FloatArray,
    data: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Weighted sums over the modes: target by target (N, 6, 6), and by the data (N, 3, 3).

    The first index is of profiles along y, the second of profiles along x.
    """
    basis = cosines(2 * half + 1)
    along = gaussian_profiles(np.stack([x, y]), np.stack([width, width]), half)
    profiles = times(np.stack(along, axis=2), basis.T)  # (2, N, 3, n)
    across, down = profiles
    squares = profiles[:, :, _FIRST] * profiles[:, :, _SECOND]  # (2, N, 6, n)
    both = squares[1] @ weights @ squares[0].transpose(0, 2, 1)
    return both, down @ data @ across.transpose(0, 2, 1)


def _best_flux(both: FloatArray, data: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The flux that fits best (N,), and by how much it changes chi² (N,)."""
    flux = np.maximum(data[:, 0, 0], 0.0) / np.maximum(both[:, _PP, _PP], 1e-300)
    return flux, -(flux**2) * both[:, _PP, _PP]


def _normal(both: FloatArray, data: FloatArray, flux: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Normal matrices (N, 4, 4) and gradients (N, 4) of x, y, width and flux."""
    b = both
    normal = np.empty((len(flux), 4, 4))
    square = flux * flux
    normal[:, X, X] = square * b[:, _PP, _DD]
    normal[:, Y, Y] = square * b[:, _DD, _PP]
    normal[:, WIDTH, WIDTH] = square * (b[:, _WW, _PP] + 2 * b[:, _PW, _PW] + b[:, _PP, _WW])
    normal[:, FLUX, FLUX] = b[:, _PP, _PP]
    normal[:, X, Y] = square * b[:, _PD, _PD]
    normal[:, X, WIDTH] = square * (b[:, _PW, _PD] + b[:, _PP, _DW])
    normal[:, Y, WIDTH] = square * (b[:, _DW, _PP] + b[:, _PD, _PW])
    normal[:, X, FLUX] = flux * b[:, _PP, _PD]
    normal[:, Y, FLUX] = flux * b[:, _PD, _PP]
    normal[:, WIDTH, FLUX] = flux * (b[:, _PW, _PP] + b[:, _PP, _PW])
    for i in range(1, 4):
        for j in range(i):
            normal[:, i, j] = normal[:, j, i]
    gradient = np.empty((len(flux), 4))
    gradient[:, X] = flux * data[:, 0, 1]
    gradient[:, Y] = flux * data[:, 1, 0]
    gradient[:, WIDTH] = flux * (data[:, 2, 0] + data[:, 0, 2])
    gradient[:, FLUX] = data[:, 0, 0]
    gradient -= flux[:, None] * normal[:, :, FLUX]
    return normal, gradient


def _step(
    normal: FloatArray, gradient: FloatArray, damping: FloatArray, width: FloatArray
) -> FloatArray:
    """Steps (N, 3) of x, y and the logarithm of the width; the flux follows."""
    slope = np.ones((len(width), 4))
    slope[:, WIDTH] = width
    matrix = normal * slope[:, :, None] * slope[:, None, :]
    vector = gradient * slope
    scale = 1.0 / np.sqrt(np.maximum(matrix.diagonal(axis1=1, axis2=2), 1e-300))
    matrix *= scale[:, :, None] * scale[:, None, :]
    diagonal = np.arange(4)
    matrix[:, diagonal, diagonal] = 1.0 + damping[:, None] + 1e-10
    step = np.linalg.solve(matrix, (vector * scale)[:, :, None])[:, :, 0] * scale
    return np.asarray(step[:, :3])


def _moved(place: FloatArray, step: FloatArray) -> FloatArray:
    """Places and widths after a step, which is shortened if it is too long."""
    move = np.abs(step[:, :2]).max(1) / _MAX_MOVE
    wider = np.abs(step[:, 2]) / _MAX_WIDER
    step = step / np.maximum(1.0, np.maximum(move, wider))[:, None]
    moved = place.copy()
    moved[:, :2] += step[:, :2]
    moved[:, 2] = np.clip(place[:, 2] * np.exp(step[:, 2]), MIN_WIDTH, MAX_WIDTH)
    return moved


def _inverse(normal: FloatArray) -> FloatArray:
    scale = 1.0 / np.sqrt(np.maximum(normal.diagonal(axis1=1, axis2=2), 1e-300))
    matrix = normal * scale[:, :, None] * scale[:, None, :]
    diagonal = np.arange(normal.shape[1])
    matrix[:, diagonal, diagonal] += 1e-10
    return np.asarray(np.linalg.inv(matrix) * scale[:, :, None] * scale[:, None, :])
