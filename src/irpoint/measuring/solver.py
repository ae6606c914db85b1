"""Levenberg–Marquardt: the most likely targets in many windows at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.measuring.metric import Metric
from irpoint.measuring.windows import BoolArray, FloatArray
from irpoint.psf import gaussian_profiles

X, Y, WIDTH, FLUX = range(4)
PARAMETERS = 4  # of a target
MIN_WIDTH, MAX_WIDTH = 0.3, 6.0  # px
_STEPS = 15
_MAX_MOVE = 0.7  # px, of a step
_PLACE_TOLERANCE = 1e-4  # px
_DAMPING, _LESS, _MORE = 1e-3, 0.2, 8.0


@dataclass(frozen=True, eq=False)
class Fit:
    """The most likely targets in N windows, K in each.

    Attributes:
        targets: (N, K, 4): x, y from the middle of the window, width, flux.
        covariance: (N, K, 4, 4) of each target, with all others in its window unknown as well.
        chi2: (N,) weighted sum of squared residuals.
        converged: bool (N,).
    """

    targets: FloatArray
    covariance: FloatArray
    chi2: FloatArray
    converged: BoolArray


def images(targets: FloatArray, half: int) -> tuple[FloatArray, FloatArray]:
    """Sum of the targets (N, K, 4) in windows (N, P), and its derivatives (N, 4·K, P)."""
    n, count, _ = targets.shape
    width, flux = targets[:, :, WIDTH], targets[:, :, FLUX, None, None]
    across, by_x, wider_x = gaussian_profiles(targets[:, :, X], width, half)
    down, by_y, wider_y = gaussian_profiles(targets[:, :, Y], width, half)
    size = 2 * half + 1
    slopes = np.empty((n, count, PARAMETERS, size, size))
    scaled = flux[..., 0] * down
    slopes[:, :, X] = scaled[..., :, None] * by_x[..., None, :]
    slopes[:, :, Y] = (flux[..., 0] * by_y)[..., :, None] * across[..., None, :]
    slopes[:, :, WIDTH] = scaled[..., :, None] * wider_x[..., None, :]
    slopes[:, :, WIDTH] += (flux[..., 0] * wider_y)[..., :, None] * across[..., None, :]
    slopes[:, :, FLUX] = down[..., :, None] * across[..., None, :]
    image = np.einsum("nk,nkij->nij", targets[:, :, FLUX], slopes[:, :, FLUX])
    return image.reshape(n, -1), slopes.reshape(n, count * PARAMETERS, -1)


def fit(values: FloatArray, start: FloatArray, metric: Metric, half: int) -> Fit:
    """Fit K targets and a plane to each window.

    Args:
        values: (N, P) pixels of the windows.
        start: (N, K, 4) targets to start from.
        metric: weights of the residuals.
        half: pixels on each side of the middle of a window.
    """
    n, count, _ = start.shape
    targets = start.copy()
    size = count * PARAMETERS
    chi2 = np.full(n, np.inf)
    normal = np.zeros((n, size, size))
    gradient = np.zeros((n, size))
    damping = np.full(n, _DAMPING)
    proposal = start.copy()
    converged = np.zeros(n, bool)
    active = np.arange(n)
    for _ in range(_STEPS):
        image, slopes = images(proposal[active], half)
        residual = values[active] - image
        columns = np.concatenate([slopes, residual[:, None]], 1)
        product = columns @ metric(columns, active).transpose(0, 2, 1)
        cost = product[:, size, size]
        better = cost <= chi2[active]
        done = better & (chi2[active] - cost < 1e-3)
        some = active[better]
        targets[some], chi2[some] = proposal[some], cost[better]
        normal[some], gradient[some] = product[better, :size, :size], product[better, :size, size]
        damping[active] *= np.where(better, _LESS, _MORE)
        step = _solve(normal[active], gradient[active], damping[active]).reshape(-1, count, 4)
        step = _bounded(targets[active], step)
        small = np.abs(step[:, :, :2]).max((1, 2)) < _PLACE_TOLERANCE
        finished = (done & small) | (~better & (small | (damping[active] > 1e6)))
        converged[active[finished]] = True
        proposal[active] = targets[active] + step
        active = active[~finished]
        if not len(active):
            break
    return Fit(targets, _own_covariance(normal, count), chi2, converged)


def _solve(normal: FloatArray, gradient: FloatArray, damping: FloatArray) -> FloatArray:
    scale = 1.0 / np.sqrt(np.maximum(normal.diagonal(axis1=1, axis2=2), 1e-30))
    matrix = normal * scale[:, :, None] * scale[:, None, :]
    diagonal = np.arange(matrix.shape[1])
    matrix[:, diagonal, diagonal] += damping[:, None] + 1e-9
    step = np.linalg.solve(matrix, (gradient * scale)[:, :, None])[:, :, 0]
    return np.asarray(step * scale)


def _bounded(targets: FloatArray, step: FloatArray) -> FloatArray:
    """The step, shorter if it moves a target or changes its width too much at once."""
    move = np.abs(step[:, :, :2]).max((1, 2))
    wider = (np.abs(step[:, :, WIDTH]) / targets[:, :, WIDTH]).max(1)
    factor = np.minimum(1.0, 1.0 / np.maximum(np.maximum(move / _MAX_MOVE, wider / 0.5), 1e-30))
    step = step * factor[:, None, None]
    width = np.clip(targets[:, :, WIDTH] + step[:, :, WIDTH], MIN_WIDTH, MAX_WIDTH)
    step[:, :, WIDTH] = width - targets[:, :, WIDTH]
    return step


def _own_covariance(normal: FloatArray, count: int) -> FloatArray:
    """The blocks (N, K, 4, 4) of the inverse of the normal matrices that belong to each target."""
    scale = 1.0 / np.sqrt(np.maximum(normal.diagonal(axis1=1, axis2=2), 1e-30))
    matrix = normal * scale[:, :, None] * scale[:, None, :]
    diagonal = np.arange(matrix.shape[1])
    matrix[:, diagonal, diagonal] += 1e-9
    inverse = np.linalg.inv(matrix) * scale[:, :, None] * scale[:, None, :]
    blocks = inverse.reshape(len(normal), count, PARAMETERS, count, PARAMETERS)
    own: npt.NDArray[Any] = blocks[:, np.arange(count), :, np.arange(count)]
    return own.transpose(1, 0, 2, 3)
