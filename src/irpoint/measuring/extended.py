"""Targets that are wider than a point: the centroid of their intensity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.measuring.windows import BoolArray, FloatArray, Windows

HALF = 16  # px on each side of the middle of the window in which a target may extend
# Of the highest signal, from which connected pixels belong to the target. The place is that of the
# second; how far it differs from those of the others is part of its uncertainty.
_BRIGHT = (0.25, 0.35, 0.5)
# The noise of a pixel also decides whether it belongs to the target, which adds twice as much;
# calibrated on Gaussian targets of 3 to 5 px.
_SELECTION = 3.0
_PEAK = 3  # px around the middle in which the highest signal is looked for
_WITHIN = np.zeros((3, 3, 3), bool)  # neighbours of a pixel in the same window
_WITHIN[1] = True


@dataclass(frozen=True, eq=False)
class Blob:
    """The extended target in each of N windows.

    Attributes:
        xy: (N, 2) centroid in frame pixels.
        covariance: (N, 2, 2) of the centroid, px².
        width: (N,) standard deviation of the intensity along one axis, px.
        flux: (N,) summed signal, counts.
        peak: (N,) highest signal, counts.
        level: (N,) counts of the background, as those of the window.
        pixels: (N,) number of pixels; 0 if there is no target.
        whole: bool (N,), whether the target ends inside the window and beside good pixels.
    """

    xy: FloatArray
    covariance: FloatArray
    width: FloatArray
    flux: FloatArray
    peak: FloatArray
    level: FloatArray
    pixels: FloatArray
    whole: BoolArray

    def __getitem__(self, index: npt.NDArray[Any]) -> Blob:
        return Blob(*(values[index] for values in vars(self).values()))


def find_blobs(windows: Windows, good: BoolArray, spread: FloatArray) -> Blob:
    """Find the connected bright pixels at the middle of each window, and their centroid.

    Args:
        windows: windows of ``HALF`` pixels on each side, in which targets are bright.
        good: bool (N, S, S), pixels that may be used.
        spread: (N,) standard deviation of a pixel of noise and background together.
    """
    level = _level(windows, good)
    values = np.where(good, windows.values - level[:, None, None], 0.0)
    smooth = ndimage.uniform_filter(values, 3, axes=(1, 2), mode="nearest")
    middle = slice(windows.half - _PEAK, windows.half + _PEAK + 1)
    part = np.full(values.shape, -np.inf)
    part[:, middle, middle] = smooth[:, middle, middle]
    at = part.reshape(len(part), -1).argmax(1)
    peak = smooth.reshape(len(part), -1)[np.arange(len(part)), at]
    regions = [_region(good & (smooth > limit * peak[:, None, None]), at) for limit in _BRIGHT]
    regions = [region & (peak > 0)[:, None, None] for region in regions]
    centroids = [_centroid(values, region) for region in regions]
    region, (xy, flux, signal) = regions[1], centroids[1]
    steps = np.arange(-windows.half, windows.half + 1.0)
    away = steps - xy[:, :, None]  # (N, 2, S)
    second = np.einsum("nij,nj->n", signal, away[:, 0] ** 2)
    second += np.einsum("nij,ni->n", signal, away[:, 1] ** 2)
    return Blob(
        xy=windows.centre + xy,
        covariance=_noise(region, away, spread / flux) + _disagreement([c[0] for c in centroids]),
        width=np.sqrt(second / flux / 2),
        flux=flux,
        peak=signal.max((1, 2)),
        level=level,
        pixels=region.sum((1, 2)).astype(np.float64),
        whole=_is_whole(region, good),
    )


def _level(windows: Windows, good: BoolArray) -> FloatArray:
    """(N,) median of the good pixels in the outer half of each window."""
    outer = good.copy()
    inner = slice(windows.half // 2, -(windows.half // 2))
    outer[:, inner, inner] = False
    ordered = np.sort(np.where(outer, windows.values, np.inf).reshape(len(outer), -1), axis=1)
    count = outer.sum((1, 2))
    level = ordered[np.arange(len(outer)), np.maximum(count - 1, 0) // 2]
    return np.asarray(np.where(count > 0, level, 0.0))


def _region(bright: BoolArray, at: npt.NDArray[np.intp]) -> BoolArray:
    """The bright pixels of each window that are connected with pixel ``at`` (N,)."""
    labels, _ = ndimage.label(bright, _WITHIN)
    own = labels.reshape(len(bright), -1)[np.arange(len(bright)), at]
    return np.asarray((labels == own[:, None, None]) & (own > 0)[:, None, None])


def _centroid(values: FloatArray, region: BoolArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Centroid (N, 2) from the middle, flux (N,) and signal (N, S, S) of a region."""
    steps = np.arange(values.shape[1]) - values.shape[1] // 2
    signal = np.where(region, np.maximum(values, 0.0), 0.0)
    flux = np.maximum(signal.sum((1, 2)), 1e-300)
    x, y = signal.sum(1) @ steps, signal.sum(2) @ steps
    return np.stack([x, y], 1) / flux[:, None], flux, signal


def _noise(region: BoolArray, away: FloatArray, relative: FloatArray) -> FloatArray:
    """(N, 2, 2) covariance of the centroid, of independent errors ``relative`` to the flux."""
    x, y = away[:, 0], away[:, 1]
    used = region.astype(np.float64)
    xx = np.einsum("nij,nj->n", used, x * x)
    yy = np.einsum("nij,ni->n", used, y * y)
    xy = np.einsum("nij,ni,nj->n", used, y, x)
    covariance = np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)
    return np.asarray(_SELECTION * covariance * np.square(relative)[:, None, None])


def _disagreement(places: list[FloatArray]) -> FloatArray:
    """(N, 2, 2) covariance of several places (N, 2) of the same target."""
    apart = np.stack(places, 1) - np.mean(places, axis=0)[:, None]
    return np.asarray(apart.transpose(0, 2, 1) @ apart / (len(places) - 1))


def _is_whole(region: BoolArray, good: BoolArray) -> BoolArray:
    edge = np.ones(region.shape[1:], bool)
    edge[1:-1, 1:-1] = False
    around = ndimage.binary_dilation(region, _WITHIN)
    return np.asarray(~(around & (edge | ~good)).any((1, 2)))
