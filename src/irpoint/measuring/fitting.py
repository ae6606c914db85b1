"""Fit every target in a window that suits its width, without pixels that do not belong to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from irpoint.measuring.metric import OwnMetric, SharedMetric, masked, white
from irpoint.measuring.solver import FLUX, PARAMETERS, WIDTH, Fit, fit, images
from irpoint.measuring.start import HALF, Start
from irpoint.measuring.windows import BoolArray, FloatArray, Windows

WIDE_HALF = 7  # px on each side of the middle of the window for wide targets
_WIDE = 1.5  # px, width from which a target needs it
_OUTLIER = 5.0  # standard deviations from which a pixel is bad
_MISFIT = 0.08  # of the target's signal in a pixel, by which real optics differ from a Gaussian
_ROUNDS = 3  # of rejecting bad pixels


@dataclass(frozen=True, eq=False)
class Fitted:
    """The most likely target in each of N windows.

    Attributes:
        xy: (N, 2) px from the middle of the point's window.
        width, flux: (N,) of the target, the flux in units of the noise.
        covariance: (N, 4, 4) of x, y, width and flux.
        chi2: (N,) weighted sum of squared residuals per degree of freedom.
        level: (N,) the background at the target, in units of the noise.
        used: (N,) share of the target's signal on pixels that were used, 0..1.
        converged: bool (N,).
    """

    xy: FloatArray
    width: FloatArray
    flux: FloatArray
    covariance: FloatArray
    chi2: FloatArray
    level: FloatArray
    used: FloatArray
    converged: BoolArray


def fit_points(windows: Windows, good: BoolArray, start: Start) -> Fitted:
    """Fit the target of each point.

    Args:
        windows: windows around the points, in units of the noise.
        good: bool (N, S, S), pixels that may be used.
        start: where to start.
    """
    found = _fit_windows(windows, good, start, HALF)
    wide = np.flatnonzero(found.width > _WIDE)
    if wide.size:
        again = Start(
            np.rint(found.xy[wide]).astype(np.int64).clip(-3, 3),
            found.width[wide],
            found.flux[wide],
        )
        wider = _fit_windows(windows[wide], good[wide], again, WIDE_HALF)
        for name, values in vars(found).items():
            values[wide] = getattr(wider, name)
    return found


def _fit_windows(windows: Windows, good: BoolArray, start: Start, half: int) -> Fitted:
    n = len(good)
    inner = replace(windows, valid=good).middle(half, start.shift)
    values, used = inner.values.reshape(n, -1), inner.valid.reshape(n, -1).copy()
    targets = np.zeros((n, 1, PARAMETERS))
    targets[:, 0, WIDTH], targets[:, 0, FLUX] = start.width, start.flux
    result = _fit_used(values, targets, used, half)
    bad = _outliers(values, result, used, half)
    for _ in range(_ROUNDS):
        some = np.flatnonzero(bad.any(1))
        if not some.size:
            break
        used[some] &= ~bad[some]
        better = _fit_used(values[some], targets[some], used[some], half)
        for name, array in vars(result).items():
            array[some] = getattr(better, name)
        bad = np.zeros_like(used)
        bad[some] = _outliers(values[some], better, used[some], half)
    return _fitted(values, result, used, start, half)


def _fit_used(values: FloatArray, targets: FloatArray, used: BoolArray, half: int) -> Fit:
    """Fit the used pixels of each window. Most windows are complete and share a metric."""
    shared = white(half)
    whole = used.all(1)
    if whole.all():
        return fit(values, targets, SharedMetric(shared[None], np.zeros(len(values), int)), half)
    result = Fit(
        targets.copy(),
        np.zeros((*targets.shape, PARAMETERS)),
        np.zeros(len(values)),
        np.zeros(len(values), bool),
    )
    for part in (whole, ~whole):
        some = np.flatnonzero(part)
        if not some.size:
            continue
        metric = (
            SharedMetric(shared[None], np.zeros(some.size, int))
            if part is whole
            else OwnMetric(masked(np.repeat(shared[None], some.size, 0), used[some]))
        )
        one = fit(values[some], targets[some], metric, half)
        for name, array in vars(result).items():
            array[some] = getattr(one, name)
    return result


def _outliers(values: FloatArray, result: Fit, used: BoolArray, half: int) -> BoolArray:
    """bool (N, P), pixels that do not fit to the target around them."""
    image, _ = images(result.targets, half)
    residual = np.where(used, values - image, 0.0)
    residual -= residual.sum(1, keepdims=True) / np.maximum(used.sum(1, keepdims=True), 1)
    scaled = np.abs(residual) / np.sqrt(1.0 + (_MISFIT * image) ** 2)
    worst = scaled.max(1, keepdims=True)
    return np.asarray(used & (scaled > np.maximum(_OUTLIER, 0.5 * worst)))


def _fitted(values: FloatArray, result: Fit, used: BoolArray, start: Start, half: int) -> Fitted:
    target = result.targets[:, 0]
    image, slopes = images(result.targets, half)
    share = slopes[:, FLUX]
    count = np.maximum(used.sum(1), 1)
    residual = np.where(used, values - image, 0.0)
    freedom = np.maximum(count - 3 - PARAMETERS, 1)
    return Fitted(
        xy=target[:, :2] + start.shift,
        width=target[:, WIDTH],
        flux=target[:, FLUX],
        covariance=result.covariance[:, 0],
        chi2=result.chi2 / freedom,
        level=residual.sum(1) / count,
        used=(share * used).sum(1),
        converged=result.converged,
    )
