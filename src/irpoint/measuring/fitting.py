"""Fit the target of every point in a window that suits its width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.measuring.extended import Blob
from irpoint.measuring.joint import Problem, best_flux, fit_jointly, target_slopes
from irpoint.measuring.modes import LEVEL_AND_SLOPES, cosines, to_modes, to_pixels, weighted
from irpoint.measuring.noise import BLOCK
from irpoint.measuring.solver import FLUX, PARAMETERS, Fit, fit
from irpoint.measuring.windows import BoolArray, FloatArray, Windows, middle, pick
from irpoint.psf import gaussian_profiles

_OUTLIER = 4.5  # standard deviations from which a pixel is bad
_SUSPECT = 3.0  # standard deviations from which a pixel is looked at more closely
_OF_WORST = 0.75  # of the largest deviation; others may come from the same bad pixel
_LEAST_LEFT = 0.02  # of what is known of a pixel, if the target can explain any value
_MISFIT = 0.1  # of the target's signal in a pixel, by which real optics differ from a Gaussian
_FEW = 3  # bad pixels around a target that are credible
_ROUNDS = 4  # of leaving out bad pixels


@dataclass(frozen=True, eq=False)
class Fitted:
    """The most likely target of each of N points.

    Attributes:
        xy: (N, 2) frame pixels.
        width, flux: (N,) px and counts.
        amplitude: (N,) height of the target, counts.
        peak: (N,) signal of its brightest pixel, counts.
        covariance: (N, 4, 4) of x, y, width and flux.
        strength: (N,) response of the matched filter, in standard deviations.
        chi2: (N,) weighted sum of squared residuals per degree of freedom.
        background: (N,) counts of the background at the target.
        misfit: (N,) standard deviation of the residuals around the target, counts, without level
            and slopes.
        converged: bool (N,).
    """

    xy: FloatArray
    width: FloatArray
    flux: FloatArray
    amplitude: FloatArray
    peak: FloatArray
    covariance: FloatArray
    strength: FloatArray
    chi2: FloatArray
    background: FloatArray
    misfit: FloatArray
    converged: BoolArray

    def put(self, index: npt.NDArray[np.intp], other: Fitted) -> None:
        """Replace the targets of some points."""
        for name, values in vars(self).items():
            values[index] = getattr(other, name)

    def put_blob(self, index: npt.NDArray[np.intp], blob: Blob, windows: Windows) -> None:
        """Replace the targets of some points by extended ones."""
        self.xy[index], self.width[index], self.flux[index] = blob.xy, blob.width, blob.flux
        self.amplitude[index], self.peak[index] = blob.peak, blob.peak
        self.covariance[index, :2, :2] = blob.covariance
        self.background[index] = windows.offset + windows.sign * blob.level


def fit_points(
    windows: Windows,
    good: BoolArray,
    floor: FloatArray | None,
    weights: FloatArray,
    guess: FloatArray,
) -> Fitted:
    """Fit the target of each point, together with its partners.

    Args:
        windows: (N, n, n) windows, one around each guess.
        good: bool (N, n, n), pixels that may be used.
        floor: (N, n, n) least value of saturated pixels, −inf elsewhere; None if there are none.
        weights: (N, n, n) inverse power of noise and background in each mode.
        guess: (N, K, 3) x and y in frame pixels and width: of each point, then of those that are
            fitted together with it; NaN if there are fewer.
    """
    start = guess.copy()
    start[:, :, :2] -= windows.centre[:, None]
    used = good.copy() if floor is None else good & ~np.isfinite(floor)
    task = _Task(windows.values, used, floor, weights, start)
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


def _deviation(pixels: FloatArray) -> FloatArray:
    """(N,) standard deviation of windows (N, n, n) without level and slopes."""
    some = weighted(pixels.shape[1])
    return np.asarray(np.sqrt((np.square(to_modes(pixels)) * some).sum((1, 2)) / some.sum()))


class _Task:
    """Windows that are being fitted; ``used`` pixels become fewer as bad ones are found."""

    def __init__(
        self,
        values: FloatArray,
        used: BoolArray,
        floor: FloatArray | None,
        weights: FloatArray,
        start: FloatArray,
    ) -> None:
        n, size, _ = values.shape
        self.values, self.used, self.floor, self.weights = values, used, floor, weights
        self.start, self.given = start, used.copy()
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
        used = pick(self.used, index)
        modes = to_modes(np.where(used, pick(self.values, index), 0.0))
        count = np.isfinite(self.start[index, :, 0]).sum(1)
        whole = used.all((1, 2)) & (count == 1)
        some = np.flatnonzero(whole)
        if some.size:
            self._fit_one(index[some], pick(modes, some))
        for number in np.unique(count[~whole]):
            some = np.flatnonzero(~whole & (count == number))
            self._fit_several(index[some], modes[some], int(number))

    def _fit_one(self, index: npt.NDArray[np.intp], modes: FloatArray) -> None:
        weights = pick(self.weights, index)
        found = fit(modes, weights, self.start[index, 0])
        basis = cosines(2 * self.half + 1)
        x, y, width, flux = found.target.T
        across, down = (gaussian_profiles(at, width, self.half)[0] @ basis.T for at in (x, y))
        residual = modes - (flux[:, None] * down)[:, :, None] * across[:, None, :]
        self._put(index, found, residual, residual * weights)

    def _fit_several(self, index: npt.NDArray[np.intp], modes: FloatArray, count: int) -> None:
        n, shape = len(index), modes.shape
        left_out = ~self.used[index].reshape(n, -1)
        floor = np.full(left_out.shape, -np.inf)
        if self.floor is not None:
            floor = self.floor[index].reshape(n, -1)
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
        gap = np.where(pick(self.used, index), to_pixels(pick(self.weighted, index)), 0.0)
        usual = pick(self.weights, index).mean((1, 2))
        suspect = np.maximum(gap.max((1, 2)), -gap.min((1, 2))) > _SUSPECT * np.sqrt(usual)
        bad = np.zeros(gap.shape, bool)
        some = np.flatnonzero(suspect)
        if not some.size:
            return bad
        index, gap = index[some], gap[some]
        precision = square.T @ self.weights[index] @ square
        # The target has moved towards a bad pixel, so that the others predict it all too well.
        slopes = target_slopes(self.target[index, None], self.half)[:, 0]
        shape = (len(some), PARAMETERS, *gap.shape[1:])
        pull = to_pixels(slopes.reshape(shape) * self.weights[index, None])
        given = np.einsum("npij,npq,nqij->nij", pull, self.covariance[index], pull)
        precision = np.maximum(precision - given, _LEAST_LEFT * precision)
        image = to_pixels(slopes[:, FLUX].reshape(gap.shape)) * self.target[index, FLUX, None, None]
        allowed = np.sqrt(1.0 + _MISFIT**2 * image**2 * precision)
        size = np.abs(gap) / np.sqrt(precision) / allowed
        worst = size.max((1, 2), keepdims=True)
        bad[some] = size > np.maximum(_OUTLIER, _OF_WORST * worst)
        return bad

    def _misfit(self, pixels: FloatArray) -> FloatArray:
        """Deviation of the residuals (N, S, S) around the target, of which those left out are 0.

        If many pixels were left out as bad and do not fit to the target, it is the model that is
        wrong, so they count.
        """
        left_out = self.given & ~self.used
        some = np.flatnonzero(left_out.sum((1, 2)) > _FEW)
        if some.size:
            x, y, width, flux = self.target[some].T
            across, down = (gaussian_profiles(at, width, self.half)[0] for at in (x, y))
            image = (flux[:, None] * down)[:, :, None] * across[:, None, :]
            gap = self.values[some] - image
            level = np.where(self.used[some], gap, 0.0).sum((1, 2)) / self.used[some].sum((1, 2))
            far = np.abs(gap - level[:, None, None]) > _MISFIT * image.max((1, 2))[:, None, None]
            wrong = (far & left_out[some]).sum((1, 2)) > _FEW
            some = some[wrong]
            pixels = pixels.copy()
            pixels[some] = np.where(self.given[some], gap[wrong], 0.0)
        return _deviation(middle(pixels, BLOCK // 2))

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
            amplitude=flux / (2 * np.pi * width**2),
            peak=flux * across.max(1) * down.max(1),
            covariance=self.covariance,
            strength=response,
            chi2=self.chi2 / freedom,
            background=windows.offset + windows.sign * pixels.sum((1, 2)) / count,
            misfit=self._misfit(pixels),
            converged=self.converged,
        )
