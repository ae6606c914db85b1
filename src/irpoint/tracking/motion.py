"""The camera's motion: the shift of the image's content between two frames.

Phase correlation (Kuglin and Hines, Proc. Int. Conf. Cybernetics and Society, 1975) over the
frequencies in which the scene is above the noise finds the shift to a pixel; a plane through their
phases (Stone et al., IEEE Trans. Geosci. Remote Sens. 39(10), 2001) refines it. A clear sky has no
such frequencies, but a gradient: there, the shift is that which explains the difference of the
two frames (Lucas and Kanade, Proc. IJCAI, 1981). All pixels count, so a few targets that move
on their own do not matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft

Floats = npt.NDArray[np.float64]
Plane = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]
Shape = tuple[int, int]

_PIXELS = 20_000  # larger frames are binned to about so many, which costs half a millisecond
_COARSE = 1_300  # cells in which the gradient of a sky is compared
_DEGREE = 3  # of the polynomial that a sky is taken for
_MIN_SIDE = 16
_SIGNIFICANT = 25.0  # deviations by which the peak of the correlation must stand out; noise has 10
_ABOVE_NOISE = 4.0  # power over the noise from which a frequency shows the scene
_MOST = 400  # frequencies through whose phases the plane is fitted, the clearest first
_REFINEMENTS = 3
_HIDDEN = 4  # bins around a target that do not count
_SHARP_PX = 0.1  # deviation of a phase correlation from which the gradient is asked, too
_DEPENDENT = 1.3  # the window makes neighbouring frequencies depend on each other
_PRIOR_PX = 10.0  # shifts that a gradient across the image tells nothing about
_UNKNOWN_PX = 1.5  # a deviation from which a shift is not estimated


@dataclass(frozen=True)
class Motion:
    """The shift of the image's content against an earlier frame.

    Attributes:
        x, y: shift in frame pixels.
        x_std, y_std: standard deviations in pixels.
    """

    x: float
    y: float
    x_std: float
    y_std: float


@dataclass(frozen=True, eq=False)
class View:
    """What is kept of a frame for comparison with the next.

    Attributes:
        binned: float32 (h, w), the frame, averaged over ``bins`` × ``bins`` pixels.
        coarse: float64, the same over larger cells of ``cell`` × ``cell`` frame pixels.
        clear: bool, coarse cells without targets.
        spectrum: transform of the binned frame after a high-pass filter and a window.
        bins, cell: sides in frame pixels.
    """

    binned: Plane
    coarse: Floats
    clear: npt.NDArray[np.bool_]
    spectrum: Spectrum
    bins: int
    cell: int


def view(frame: npt.NDArray[Any], targets: Floats | None = None) -> View | None:
    """Prepare a frame of any integer or float type.

    Args:
        frame: (H, W).
        targets: (N, 2) places of targets, which move on their own.

    Returns:
        None if the frame is too small.
    """
    bins = max(1, round(math.sqrt(frame.shape[0] * frame.shape[1] / _PIXELS)))
    binned = _binned(frame, bins)
    if min(binned.shape) < _MIN_SIDE:
        return None
    # Without low frequencies, the edges of the window show nothing that stands still.
    high = np.zeros_like(binned)
    centre = high[1:-1, 1:-1]
    np.multiply(binned[1:-1, 1:-1], np.float32(4), out=centre)
    for beside in (binned[:-2, 1:-1], binned[2:, 1:-1], binned[1:-1, :-2], binned[1:-1, 2:]):
        centre -= beside
    ratio = max(1, round(math.sqrt(binned.size / _COARSE)))
    coarse = _binned(binned, ratio).astype(np.float64)
    clear = np.ones(coarse.shape, bool)
    for place in np.empty((0, 2)) if targets is None else targets / bins:
        high[_around(place, _HIDDEN)] = 0
        clear[_around(place / ratio, _HIDDEN // ratio + 2)] = False
    spectrum = fft.rfft2(high * _window(high.shape)).astype(np.complex64, copy=False)
    return View(binned, coarse, clear, spectrum, bins, bins * ratio)


def estimate(before: View, now: View) -> Motion | None:
    """The shift from one frame to the next; None if the frames do not tell it.

    Frames without structure above the noise do not, nor do those of different sizes.
    """
    if before.binned.shape != now.binned.shape:
        return None
    found = _by_phase(before, now)
    if found is not None and max(found.x_std, found.y_std) < _SHARP_PX:
        return found
    return _combined(found, _by_gradient(before, now))


def _combined(one: Motion | None, other: Motion | None) -> Motion | None:
    """The mean of what two methods say, each weighted by its variance."""
    if one is None or other is None:
        return one or other
    stds = np.array([[one.x_std, one.y_std], [other.x_std, other.y_std]])
    weight = stds**-2 / (stds**-2).sum(axis=0)
    x, y = (weight * [[one.x, one.y], [other.x, other.y]]).sum(axis=0).tolist()
    x_std, y_std = ((stds**-2).sum(axis=0) ** -0.5).tolist()
    return Motion(x, y, x_std, y_std)


def _by_phase(before: View, now: View) -> Motion | None:
    shape = (now.binned.shape[0], now.binned.shape[1])
    cross = now.spectrum * before.spectrum.conj()
    power = np.abs(cross)
    passed, usable = _high_pass(shape)
    white = power / passed
    noise = float(np.median(white[passed > 0.5 * passed.max()]))
    clear = (white > _ABOVE_NOISE * noise) & usable & (power > 0)
    if np.count_nonzero(clear) < 2 * _MIN_SIDE:
        return None
    unit = np.where(clear, cross / np.maximum(power, np.float32(1e-30)), np.complex64(0))
    surface = fft.irfft2(unit, shape)
    row, column = np.unravel_index(int(surface.argmax()), shape)
    if surface[row, column] < _SIGNIFICANT * float(surface.std()):
        return None
    rows, columns = np.nonzero(clear)
    if len(rows) > _MOST:
        chosen = np.argpartition(-white[rows, columns], _MOST)[:_MOST]
        rows, columns = rows[chosen], columns[chosen]
    kx, ky = np.fft.rfftfreq(shape[1]), np.fft.fftfreq(shape[0])
    waves = 2 * np.pi * np.stack([kx[columns], ky[rows]], axis=1)
    coarse = np.array([_signed(column, shape[1]), _signed(row, shape[0])])
    return _by_plane(waves, unit[rows, columns], coarse, now.bins)


def _by_plane(waves: Floats, phases: Spectrum, shift: Floats, bins: int) -> Motion | None:
    """Fit the plane of phases; parts of the image that move otherwise are outliers."""
    deviation: Floats = np.zeros(2)
    for _ in range(_REFINEMENTS):
        residual = np.angle(phases * np.exp(1j * (waves @ shift)))
        spread = 1.5 * float(np.median(np.abs(residual))) + 1e-3
        weight = 1 / (1 + (residual / spread) ** 2)
        weighted = (waves * weight[:, None]).T
        normal = weighted @ waves
        if np.linalg.det(normal) < 1e-5 * normal.trace() ** 2:
            return None
        shift = shift - np.linalg.solve(normal, weighted @ residual)
        deviation = _DEPENDENT * spread * np.sqrt(np.diag(np.linalg.inv(normal)))
    return Motion(*(bins * shift).tolist(), *(bins * deviation).tolist())


def _by_gradient(before: View, now: View) -> Motion | None:
    """The slopes are those of a polynomial, because noise and fixed pattern have slopes, too."""
    clear = (before.clear & now.clear).ravel()
    if np.count_nonzero(clear) < _MIN_SIDE:
        return None
    mean = ((now.coarse + before.coarse) / 2).ravel()
    fit, slope_x, slope_y = _polynomial(now.coarse.shape)
    terms = fit @ mean
    # A sky that is no polynomial has no slopes that are known.
    terms = np.stack([-slope_x @ terms, -slope_y @ terms]) / now.cell
    terms = np.concatenate([terms, np.ones((1, mean.size))])[:, clear]
    values = (now.coarse - before.coarse).ravel()[clear]
    answer: Floats = np.zeros(3)
    inverse: Floats = np.eye(3)
    for _ in range(_REFINEMENTS):
        residual = values - answer @ terms
        spread = 1.5 * float(np.median(np.abs(residual)))
        if not spread > 0:
            return None
        weight = 1 / (1 + (residual / (2 * spread)) ** 2)
        weighted: Floats = np.asarray(terms * weight / spread**2, np.float64)
        normal = weighted @ terms.T + np.diag([_PRIOR_PX**-2, _PRIOR_PX**-2, 0])
        inverse = np.asarray(np.linalg.inv(normal), np.float64)
        answer = inverse @ (weighted @ values)
    variance = np.diag(inverse)[:2]
    if not ((variance > 0) & (variance < _UNKNOWN_PX**2)).all():
        return None
    x_std, y_std = np.sqrt(variance).tolist()
    return Motion(float(answer[0]), float(answer[1]), x_std, y_std)


@lru_cache(maxsize=4)
def _polynomial(shape: Shape) -> tuple[Floats, Floats, Floats]:
    """Matrices: cells → coefficients, and coefficients → slopes per cell along x and y."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].reshape(2, -1)
    half_x, half_y = shape[1] / 2, shape[0] / 2
    x, y = columns / half_x - 1, rows / half_y - 1
    powers = [(a, b) for a in range(_DEGREE + 1) for b in range(_DEGREE + 1 - a)]
    values = np.stack([x**a * y**b for a, b in powers], axis=1)
    slope_x = np.stack([a * x ** max(a - 1, 0) * y**b / half_x for a, b in powers], axis=1)
    slope_y = np.stack([b * x**a * y ** max(b - 1, 0) / half_y for a, b in powers], axis=1)
    return np.asarray(np.linalg.pinv(values), np.float64), slope_x, slope_y


def _around(place: Floats, reach: int) -> tuple[slice, slice]:
    column, row = np.rint(place).astype(int).tolist()
    return (
        slice(max(row - reach, 0), max(row + reach + 1, 0)),
        slice(max(column - reach, 0), max(column + reach + 1, 0)),
    )


def _signed(place: np.intp, length: int) -> float:
    return float(place - length if place > length // 2 else place)


def _binned(frame: npt.NDArray[Any], bins: int) -> Plane:
    height, width = (side - side % bins for side in frame.shape)
    pixels = frame[:height, :width].astype(np.float32, copy=False)
    rows = pixels[::bins].copy()
    for row in range(1, bins):
        rows += pixels[row::bins]
    total = rows[:, ::bins].copy()
    for column in range(1, bins):
        total += rows[:, column::bins]
    return np.asarray(total / np.float32(bins * bins), np.float32)


@lru_cache(maxsize=4)
def _window(shape: Shape) -> Plane:
    rows, columns = (np.hanning(side + 2)[1:-1] for side in shape)
    return np.outer(rows, columns).astype(np.float32)


@lru_cache(maxsize=4)
def _high_pass(shape: Shape) -> tuple[Plane, npt.NDArray[np.bool_]]:
    """Power response of the high-pass filter, and the frequencies that count.

    The lines on which the noise of rows and columns lies do not count.
    """
    kx, ky = np.fft.rfftfreq(shape[1])[None], np.fft.fftfreq(shape[0])[:, None]
    response = 4 - 2 * np.cos(2 * np.pi * kx) - 2 * np.cos(2 * np.pi * ky)
    usable = (np.hypot(kx, ky) < 0.4) & (kx > 2 / shape[1]) & (np.abs(ky) > 2 / shape[0])
    return np.maximum(response**2, 1e-12).astype(np.float32), usable
