"""The Cramér–Rao bound of a target's place: no unbiased estimate can be better on average."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import norm

from irpoint.psf import gaussian_profiles

FloatArray = npt.NDArray[np.float64]
_REACH = 40  # px on each side of a target that a covariance is estimated from


def slopes(xy: FloatArray, width: float, flux: float, half: int) -> FloatArray:
    """Derivatives (4, n²) of a target in a window by x, y, width and flux.

    Args:
        xy: (2,) px from the middle of the window.
        width: standard deviation of the Gaussian, px.
        flux: integrated signal.
        half: pixels on each side of the middle pixel.
    """
    across, by_x, wider_x = gaussian_profiles(xy[0], np.array(width), half)
    down, by_y, wider_y = gaussian_profiles(xy[1], np.array(width), half)
    images = (
        flux * np.outer(down, by_x),
        flux * np.outer(by_y, across),
        flux * (np.outer(wider_y, across) + np.outer(down, wider_x)),
        np.outer(down, across),
    )
    return np.stack(images).reshape(4, -1)


def planes(half: int) -> FloatArray:
    """Orthonormal planes (3, n²) of a window."""
    steps = np.arange(-half, half + 1.0)
    x, y = np.meshgrid(steps, steps)
    basis = np.stack([np.ones_like(x), x, y]).reshape(3, -1)
    return np.asarray(basis / np.linalg.norm(basis, axis=1, keepdims=True))


def place_bound(
    xy: FloatArray, width: float, flux: float, covariance: FloatArray, half: int
) -> FloatArray:
    """Least standard deviation (2,) of x and y if width, flux and a plane are unknown as well.

    Args:
        xy, width, flux: the target, see :func:`slopes`.
        covariance: (n², n²) of noise and background in the window.
        half: pixels on each side of the middle of the window.
    """
    unknown = np.concatenate([slopes(xy, width, flux, half), planes(half)])
    factor = cho_factor(covariance)
    information = unknown @ cho_solve(factor, unknown.T)
    return np.asarray(np.sqrt(np.diagonal(np.linalg.inv(information))[:2]))


def censored_bound(
    xy: FloatArray, width: float, flux: float, noise: float, limit: float, half: int
) -> FloatArray:
    """The bound in white noise if pixels above ``limit`` are clipped; the background is 0.

    The Fisher information of a pixel of mean m that is clipped at c, with z = (c − m)/noise, is
    Φ(z) − z·φ(z) + φ(z)²/(1 − Φ(z)) times that of one that is not (Tobin, Econometrica 26, 1958;
    Amemiya, Econometrica 41, 1973).
    """
    unknown = np.concatenate([slopes(xy, width, flux, half), planes(half)])
    z = (limit - flux * unknown[3]) / noise
    density, above = norm.pdf(z), norm.sf(z)
    kept = norm.cdf(z) - z * density + density**2 / np.maximum(above, 1e-300)
    kept = np.where(z > 30, 1.0, kept)
    information = (unknown * kept / noise**2) @ unknown.T
    return np.asarray(np.sqrt(np.diagonal(np.linalg.inv(information))[:2]))


def local_covariance(background: FloatArray, xy: npt.NDArray[np.int64], half: int) -> FloatArray:
    """Covariance (n², n²) of the background around a pixel, without the plane of each window.

    Args:
        background: (H, W) without noise and targets.
        xy: column and row of the pixel.
        half: pixels on each side of the middle of a window.
    """
    x, y = int(xy[0]), int(xy[1])
    part = background[max(y - _REACH, 0) : y + _REACH + 1, max(x - _REACH, 0) : x + _REACH + 1]
    size, step = 2 * half + 1, 2 if half < 8 else 3  # px between windows
    parts = np.lib.stride_tricks.sliding_window_view(part, (size, size))[::step, ::step]
    windows = parts.reshape(-1, size * size)
    plane = planes(half)
    windows = windows - (windows @ plane.T) @ plane
    return np.asarray(windows.T @ windows / len(windows))
