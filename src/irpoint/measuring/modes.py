"""Windows as sums of cosine modes, in which the noise of a window is nearly independent.

A window (n, n) is transformed by cosines (DCT-II) along both axes, of which the first but one is
replaced by a straight line, with the others made orthogonal to it. Noise and background whose
statistics do not depend on the place have nearly uncorrelated modes, each with a power of its own.
So their covariance (n², n²) becomes n² numbers, and least squares with the full covariance become
least squares with one weight per mode. Level and slopes along both axes are modes, too. They have
no weight, so that a fit is the same whatever plane is added to the window.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from irpoint.measuring.windows import FloatArray

LEVEL_AND_SLOPES = 3


@lru_cache(maxsize=16)
def cosines(size: int) -> FloatArray:
    """Orthonormal modes (size, size) of a line, one a row: constant, straight line, cosines."""
    step = np.arange(size)
    modes = np.cos(np.pi * (step + 0.5) * step[:, None] / size)
    modes[1] = (size - 1) / 2 - step
    orthogonal, scale = np.linalg.qr(modes.T)
    return np.ascontiguousarray((orthogonal * np.sign(np.diagonal(scale))).T)


def times(rows: FloatArray, matrix: FloatArray) -> FloatArray:
    """Rows (..., n) times a matrix (n, m): one product, not one for each of the leading axes."""
    product = rows.reshape(-1, rows.shape[-1]) @ matrix
    return np.asarray(product.reshape(*rows.shape[:-1], matrix.shape[1]))


def to_modes(windows: FloatArray) -> FloatArray:
    """Windows (..., n, n) → modes (..., n, n)."""
    basis = cosines(windows.shape[-1])
    return np.asarray(basis @ times(windows, basis.T))


def to_pixels(modes: FloatArray) -> FloatArray:
    """Modes (..., n, n) → windows (..., n, n)."""
    basis = cosines(modes.shape[-1])
    return np.asarray(basis.T @ times(modes, basis))


@lru_cache(maxsize=16)
def weighted(size: int) -> FloatArray:
    """(size, size) 1 for modes that have a weight, 0 for level and slopes."""
    some = np.ones((size, size))
    some[0, 0] = some[0, 1] = some[1, 0] = 0.0
    return some


@lru_cache(maxsize=16)
def component_powers(size: int) -> FloatArray:
    """Power of each mode of a window for each component of the noise: (COMPONENTS, size²).

    The components are white noise, noise of columns and of rows, and background whose mean squared
    difference between two pixels grows with their distance (a power spectrum of 1/f³, as of clouds
    and terrain): of no direction, and stretched by 3 and by 9 along x and along y. Of noise, the
    power is that of unit variance; of background, that of a mean squared difference of 2 between
    neighbours.
    """
    step = np.arange(size)
    x, y = (axis.ravel() for axis in np.meshgrid(step, step))
    across, down = np.abs(x[:, None] - x), np.abs(y[:, None] - y)
    covariances = [np.eye(size * size), (across == 0).astype(float), (down == 0).astype(float)]
    covariances += [-np.hypot(across / a, down / b) for a, b in STRETCHES]
    basis = np.kron(cosines(size), cosines(size))
    powers = np.stack([((basis @ covariance) * basis).sum(1) for covariance in covariances])
    return np.asarray(np.maximum(powers, 0.0) * weighted(size).ravel())


WHITE, COLUMN, ROW, BACKGROUND = range(4)  # the first of several components of background
STRETCHES = ((1.0, 1.0), (3.0, 1.0), (9.0, 1.0), (1.0, 3.0), (1.0, 9.0))
COMPONENTS = BACKGROUND + len(STRETCHES)
