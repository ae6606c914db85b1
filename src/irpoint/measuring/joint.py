"""Levenberg–Marquardt for windows with several targets, or with pixels that are left out.

A pixel that is left out is one whose value is unknown: a free parameter, which the fit eliminates.
Of a saturated pixel it is known that its value would be at least full scale. Given the other
pixels, this value is Gaussian, with a mean and a variance that the elimination provides; the
likelihood is the probability that it is above full scale (a Tobit model, Tobin, Econometrica 26,
1958).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, log_ndtr

from irpoint.measuring.modes import cosines
from irpoint.measuring.solver import FLUX, MAX_WIDTH, MIN_WIDTH, PARAMETERS, WIDTH, Fit
from irpoint.measuring.windows import BoolArray, FloatArray
from irpoint.psf import gaussian_profiles

_STEPS = 30
_MAX_MOVE, _MAX_WIDER = 0.7, 0.35
_TOLERANCE, _EXACT = 0.003, 1e-6
_DAMPING, _LESS, _MORE, _MOST = 1e-3, 0.1, 10.0, 1e8
_RIDGE = 1e-9
_LEAST_APART = 0.7  # widths; two targets closer than that are one


@dataclass(frozen=True, eq=False)
class Problem:
    """N windows of n × n pixels.

    Attributes:
        modes: (N, n²) modes of the windows, in which pixels that are left out are 0.
        weights: (N, n²) inverse power of noise and background in each mode.
        free: (N, L, n²) weighted modes of the pixels that are left out; 0 if there are fewer.
        solved: (N, L, n²) these, multiplied by ``variance``.
        variance: (N, L, L) covariance of the values of these pixels, given the others.
        floor: (N, L) counts that these pixels have at least; −inf if nothing is known of them.
    """

    modes: FloatArray
    weights: FloatArray
    free: FloatArray
    solved: FloatArray
    variance: FloatArray
    floor: FloatArray

    @classmethod
    def of(
        cls, modes: FloatArray, weights: FloatArray, left_out: BoolArray, floor: FloatArray
    ) -> Problem:
        """Eliminate the pixels that are ``left_out`` (N, n²); ``floor`` is (N, n²), too."""
        n, size = left_out.shape
        side = round(size**0.5)
        most = int(left_out.sum(1).max(initial=0))
        order = np.argsort(~left_out, axis=1, kind="stable")[:, :most]
        real = np.take_along_axis(left_out, order, 1)
        basis = cosines(side)
        row, column = np.divmod(order, side)
        unit = basis.T[row][..., :, None] * basis.T[column][..., None, :]
        unit = unit.reshape(n, most, size) * real[:, :, None]
        free = unit * weights[:, None]
        inner = free @ unit.transpose(0, 2, 1)
        largest = weights.max(1)[:, None]
        step = np.arange(most)
        inner[:, step, step] += np.where(real, _RIDGE * largest, largest)
        variance: FloatArray = np.asarray(np.linalg.inv(inner), np.float64)
        low: FloatArray = np.where(real, np.take_along_axis(floor, order, 1), -np.inf)
        return cls(modes, weights, free, variance @ free, variance, low)

    def __getitem__(self, index: npt.NDArray[np.intp]) -> Problem:
        return Problem(*(values[index] for values in vars(self).values()))

    def weigh(self, columns: FloatArray) -> FloatArray:
        """Multiply columns (N, k, n²) by the inverse covariance of the pixels that are used."""
        weighted = columns * self.weights[:, None]
        if self.free.shape[1]:
            weighted -= (columns @ self.free.transpose(0, 2, 1)) @ self.solved
        return weighted


def fit_jointly(problem: Problem, start: FloatArray, half: int) -> tuple[Fit, FloatArray]:
    """Fit K targets to each window.

    Args:
        problem: the windows.
        start: (N, K, 4): x, y, width, flux to start from.
        half: pixels on each side of the middle of a window.

    Returns:
        The first target of each window, and the modes (N, n²) of the windows without any target.
    """
    n, count, _ = start.shape
    targets, proposal = start.copy(), start.copy()
    size = count * PARAMETERS
    cost = np.full(n, np.inf)
    normal, gradient = np.zeros((n, size, size)), np.zeros((n, size))
    damping, converged = np.full(n, _DAMPING), np.zeros(n, bool)
    active = np.arange(n)
    for _ in range(_STEPS):
        trial, matrix, vector = _evaluate(problem[active], proposal[active], half)
        better = trial <= cost[active]
        some = active[better]
        targets[some], cost[some] = proposal[some], trial[better]
        normal[some], gradient[some] = matrix[better], vector[better]
        damping[active] *= np.where(better, _LESS, _MORE)
        step = _step(normal[active], gradient[active], damping[active]).reshape(-1, count, 4)
        place = normal[active][:, (0, 1), (0, 1)]
        limit = np.maximum(_TOLERANCE / np.sqrt(np.maximum(place, 1e-300)), _EXACT)
        small = (np.abs(step[:, 0, :2]) < limit).all(1)
        proposal[active] = _moved(targets[active], step)
        converged[active[small]] = True
        active = active[~(small | (damping[active] > _MOST))]
        if not len(active):
            break
    converged &= _kept_apart(targets, start)
    own = _inverse(normal)[:, :PARAMETERS, :PARAMETERS]
    residual = residual_modes(problem, targets, target_slopes(targets, half))
    return Fit(targets[:, 0], own, cost, converged), residual


def best_flux(problem: Problem, places: FloatArray, half: int) -> FloatArray:
    """(N, K) flux of the targets (N, K, 3) of which places and widths are given."""
    shares = target_slopes(np.concatenate([places, np.ones((*places.shape[:2], 1))], 2), half)[
        :, :, FLUX
    ]
    weighted = problem.weigh(shares)
    normal = shares @ weighted.transpose(0, 2, 1)
    step = np.arange(places.shape[1])
    normal[:, step, step] *= 1.0 + 1e-6
    normal[:, step, step] += 1e-300
    right = np.einsum("nkp,np->nk", weighted, problem.modes)
    return np.asarray(np.linalg.solve(normal, right[:, :, None])[:, :, 0])


def target_slopes(targets: FloatArray, half: int) -> FloatArray:
    """Derivatives (N, K, 4, n²) of the modes of targets (N, K, 4) by x, y, width and flux."""
    n, count, _ = targets.shape
    basis = cosines(2 * half + 1)
    width, flux = targets[:, :, WIDTH], targets[:, :, FLUX, None, None]
    across, by_x, wider_x = (
        profile @ basis.T for profile in gaussian_profiles(targets[:, :, 0], width, half)
    )
    down, by_y, wider_y = (
        profile @ basis.T for profile in gaussian_profiles(targets[:, :, 1], width, half)
    )

    def outer(y: FloatArray, x: FloatArray) -> FloatArray:
        return np.asarray(y[..., :, None] * x[..., None, :])

    slopes = [
        flux * outer(down, by_x),
        flux * outer(by_y, across),
        flux * (outer(wider_y, across) + outer(down, wider_x)),
        outer(down, across),
    ]
    return np.stack(slopes, 2).reshape(n, count, PARAMETERS, -1)


def residual_modes(problem: Problem, targets: FloatArray, slopes: FloatArray) -> FloatArray:
    """Modes (N, n²) without the targets."""
    image = np.einsum("nk,nkp->np", targets[:, :, FLUX], slopes[:, :, FLUX])
    return np.asarray(problem.modes - image)


def _evaluate(
    problem: Problem, targets: FloatArray, half: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """−2 log likelihood (N,), normal matrices (N, 4·K, 4·K) and gradients (N, 4·K)."""
    n, count, _ = targets.shape
    slopes = target_slopes(targets, half)
    residual = residual_modes(problem, targets, slopes)
    flat = slopes.reshape(n, count * PARAMETERS, -1)
    columns = np.concatenate([flat, residual[:, None]], 1)
    product = columns @ problem.weigh(columns).transpose(0, 2, 1)
    cost, normal, gradient = product[:, -1, -1], product[:, :-1, :-1], product[:, :-1, -1]
    if not np.isfinite(problem.floor).any():
        return cost, normal, gradient
    limited = np.isfinite(problem.floor)
    values = columns @ problem.solved.transpose(0, 2, 1)  # (N, 4·K + 1, L)
    deviation = np.sqrt(np.maximum(np.diagonal(problem.variance, axis1=1, axis2=2), 1e-300))
    above = np.where(limited, (-values[:, -1] - problem.floor) / deviation, np.inf)
    by_parameter = values[:, :-1] / deviation[:, None]
    hazard = np.where(limited, np.sqrt(2 / np.pi) / erfcx(-above / np.sqrt(2)), 0.0)
    bend = np.where(limited, hazard * (hazard + np.where(limited, above, 0.0)), 0.0)
    cost = cost - 2 * np.where(limited, log_ndtr(above), 0.0).sum(1)
    normal = normal + (by_parameter * bend[:, None]) @ by_parameter.transpose(0, 2, 1)
    gradient = gradient + np.einsum("npl,nl->np", by_parameter, hazard)
    return cost, normal, gradient


def _step(normal: FloatArray, gradient: FloatArray, damping: FloatArray) -> FloatArray:
    scale = 1.0 / np.sqrt(np.maximum(np.diagonal(normal, axis1=1, axis2=2), 1e-300))
    matrix = normal * scale[:, :, None] * scale[:, None, :]
    diagonal = np.arange(matrix.shape[1])
    matrix[:, diagonal, diagonal] = 1.0 + damping[:, None] + 1e-10
    step = np.linalg.solve(matrix, (gradient * scale)[:, :, None])[:, :, 0]
    return np.asarray(step * scale)


def _moved(targets: FloatArray, step: FloatArray) -> FloatArray:
    """Targets after a step, which is shortened if it is too long."""
    move = np.abs(step[:, :, :2]).max((1, 2)) / _MAX_MOVE
    wider = (np.abs(step[:, :, WIDTH]) / targets[:, :, WIDTH]).max(1) / _MAX_WIDER
    moved = targets + step / np.maximum(1.0, np.maximum(move, wider))[:, None, None]
    moved[:, :, WIDTH] = np.clip(moved[:, :, WIDTH], MIN_WIDTH, MAX_WIDTH)
    return np.asarray(moved)


def _kept_apart(targets: FloatArray, start: FloatArray) -> BoolArray:
    """bool (N,), whether the first of the targets (N, K, 4) was not confused with another."""
    place, first = targets[:, :, :2], start[:, 0, :2]
    to_first = np.linalg.norm(place - first[:, None], axis=2)
    apart = np.linalg.norm(place[:, 1:] - place[:, :1], axis=2)
    least = _LEAST_APART * targets[:, :1, WIDTH]
    return np.asarray((to_first[:, 1:] > to_first[:, :1]).all(1) & (apart > least).all(1))


def _inverse(normal: FloatArray) -> FloatArray:
    scale = 1.0 / np.sqrt(np.maximum(np.diagonal(normal, axis1=1, axis2=2), 1e-300))
    matrix = normal * scale[:, :, None] * scale[:, None, :]
    diagonal = np.arange(matrix.shape[1])
    matrix[:, diagonal, diagonal] += 1e-10
    return np.asarray(np.linalg.inv(matrix) * scale[:, :, None] * scale[:, None, :])
