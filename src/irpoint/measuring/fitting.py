"""Fit the target of every point in a window that suits its width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.measuring.joint import Problem, best_flux, fit_jointly
from irpoint.measuring.modes import LEVEL_AND_SLOPES, cosines, to_modes, to_pixels
from irpoint.measuring.solver import PARAMETERS, Fit, fit
from irpoint.measuring.windows import BoolArray, FloatArray, Windows
from irpoint.psf import gaussian_profiles

_OUTLIER = 5.0  # standard deviations from which a pixel is bad
_MISFIT = 0.1  # of the target's signal in a pixel, by which real optics differ from a Gaussian
_ROUNDS = 3  # of leaving out bad pixels


@dataclass(frozen=True, eq=False)
class Fitted:
    """The most likely target of each of N points.

    Attributes:
        xy: (N, 2) frame pixels.
        width, flux: (N,) px and counts.
        covariance: (N, 4, 4) of x, y, width and flux.
        strength: (N,) response of the matched filter, in standard deviations.
        chi2: (N,) weighted sum of squared residuals per degree of freedom.
        level: (N,) counts of the background at the target, as those of the window.
        converged: bool (N,).
    """

    xy: FloatArray
    width: FloatArray
    flux: FloatArray
    covariance: FloatArray
    strength: FloatArray
    chi2: FloatArray
    level: FloatArray
    converged: BoolArray

    def put(self, index: npt.NDArray[np.intp], other: Fitted) -> None:
        """Replace the targets of some points."""
        for name, values in vars(self).items():
            values[index] = getattr(other, name)


def fit_points(
    windows: Windows, good: BoolArray, floor: FloatArray, weights: FloatArray, guess: FloatArray
) -> Fitted:
    """Fit the target of each point, together with its partners.

    Args:
        windows: (N, n, n) windows, one around each guess.
        good: bool (N, n, n), pixels that may be used.
        floor: (N, n, n) least value of saturated pixels, −inf elsewhere.
        weights: (N, n, n) inverse power of noise and background in each mode.
        guess: (N, K, 3) x and y in frame pixels and width: of each point, then of those that are
            fitted together with it; NaN if there are fewer.
    """
    start = guess.copy()
    start[:, :, :2] -= windows.centre[:, None]
    task = _Task(windows.values, good & ~np.isfinite(floor), floor, weights, start)
    fresh = np.arange(len(guess))
    task.fit(fresh)
    for _ in range(_ROUNDS):
        bad = task.outliers(fresh)
        fresh = fresh[bad.any((1, 2))]
        if not fresh.size:
            break
        task.used[fresh] &= ~bad[bad.any((1, 2))]
        task.fit(fresh)
    return task.fitted(windows)


class _Task:
    """Windows that are being fitted; ``used`` pixels become fewer as bad ones are found."""

    def __init__(
        self,
        values: FloatArray,
        used: BoolArray,
        floor: FloatArray,
        weights: FloatArray,
        start: FloatArray,
    ) -> None:
        n, size, _ = values.shape
        self.values, self.used, self.floor, self.weights = values, used, floor, weights
        self.start = start
        self.half = size // 2
        self.target, self.covariance = (
            np.zeros((n, PARAMETERS)),
            np.zeros((n, PARAMETERS, PARAMETERS)),
        )
        self.chi2, self.converged = np.full(n, np.inf), np.zeros(n, bool)
        self.residual = np.zeros_like(values)  # modes
        self.weighted = np.zeros_like(values)  # modes, by the inverse covariance of used pixels

    def fit(self, index: npt.NDArray[np.intp]) -> None:
        """Fit some of the windows: those of one target without gaps, then the others by number."""
        modes = to_modes(np.where(self.used[index], self.values[index], 0.0))
        count = np.isfinite(self.start[index, :, 0]).sum(1)
        whole = self.used[index].all((1, 2)) & (count == 1)
        some = np.flatnonzero(whole)
        if some.size:
            self._fit_one(index[some], modes[some])
        for number in np.unique(count[~whole]):
            some = np.flatnonzero(~whole & (count == number))
            self._fit_several(index[some], modes[some], int(number))

    def _fit_one(self, index: npt.NDArray[np.intp], modes: FloatArray) -> None:
        found = fit(modes, self.weights[index], self.start[index, 0])
        basis = cosines(2 * self.half + 1)
        x, y, width, flux = found.target.T
        across, down = (gaussian_profiles(at, width, self.half)[0] @ basis.T for at in (x, y))
        residual = modes - (flux[:, None] * down)[:, :, None] * across[:, None, :]
        self._put(index, found, residual, residual * self.weights[index])

    def _fit_several(self, index: npt.NDArray[np.intp], modes: FloatArray, count: int) -> None:
        n, shape = len(index), modes.shape
        floor = self.floor[index].reshape(n, -1)
        left_out = ~self.used[index].reshape(n, -1)
        weights = self.weights[index].reshape(n, -1)
        problem = Problem.of(modes.reshape(n, -1), weights, left_out, floor)
        places = self.start[index, :count]
        flux = best_flux(problem, places, self.half)
        found, residual = fit_jointly(
            problem, np.concatenate([places, flux[:, :, None]], 2), self.half
        )
        weighted = problem.weigh(residual[:, None])[:, 0]
        self._put(index, found, residual.reshape(shape), weighted.reshape(shape))

    def _put(
        self, index: npt.NDArray[np.intp], found: Fit, residual: FloatArray, weighted: FloatArray
    ) -> None:
        self.target[index], self.covariance[index] = found.target, found.covariance
        self.chi2[index], self.converged[index] = found.chi2, found.converged
        self.residual[index], self.weighted[index] = residual, weighted

    def outliers(self, index: npt.NDArray[np.intp]) -> BoolArray:
        """bool (n, S, S), used pixels that do not fit to the target and to the pixels around them.

        A pixel is compared with what the others predict for it.
        """
        basis = cosines(2 * self.half + 1)
        square = basis * basis
        precision = square.T @ self.weights[index] @ square
        gap = to_pixels(self.weighted[index]) / np.sqrt(np.maximum(precision, 1e-300))
        x, y, width, flux = self.target[index].T
        across, down = (gaussian_profiles(at, width, self.half)[0] for at in (x, y))
        image = (np.abs(flux)[:, None] * down)[:, :, None] * across[:, None, :]
        allowed = np.sqrt(1.0 + _MISFIT**2 * image**2 * precision)
        size = np.where(self.used[index], np.abs(gap) / allowed, 0.0)
        worst = size.max((1, 2), keepdims=True)
        return np.asarray(size > np.maximum(_OUTLIER, 0.5 * worst))

    def fitted(self, windows: Windows) -> Fitted:
        """The targets in frame pixels and counts."""
        x, y, width, flux = self.target.T
        count = np.maximum(self.used.sum((1, 2)), 1)
        pixels = np.where(self.used, to_pixels(self.residual), 0.0)
        freedom = np.maximum(count - LEVEL_AND_SLOPES - PARAMETERS, 1)
        across, down = (gaussian_profiles(at, width, self.half)[0] for at in (x, y))
        basis = cosines(2 * self.half + 1)
        share = (down @ basis.T)[:, :, None] * (across @ basis.T)[:, None, :]
        response = flux * np.sqrt(np.einsum("nij,nij->n", share * share, self.weights))
        return Fitted(
            xy=windows.centre + self.target[:, :2],
            width=width,
            flux=flux,
            covariance=self.covariance,
            strength=response,
            chi2=self.chi2 / freedom,
            level=pixels.sum((1, 2)) / count,
            converged=self.converged,
        )
