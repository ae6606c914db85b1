"""The best linear observer: a matched filter whitened with the local spectrum of the background."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, ndimage

from irpoint import Points
from irpoint.psf import gaussian_psf_image
from irpoint.simulate import Scene, SceneSettings

Image = npt.NDArray[np.float64]

_SIDE = 32  # px, of the windows in which spectra are estimated, and of the filters
_STEP = 16  # px between them
_TILE = 32  # px; pixels of a tile share a filter
_NEAR = 5  # windows along each side over which spectra are averaged
_DEVIATION = 21  # px, window in which the residue of the background is measured
_PEAK = 5  # px, window of which a peak is the maximum
_MOST = 100  # peaks per frame


def observe(scene: Scene, settings: SceneSettings) -> Points:
    """Peaks of the statistic of a scene, with the statistic as score, in deviations.

    The observer knows the background, the noise and the width of targets, but neither their number
    nor their places. Its statistic at a pixel is the output of the local filter over the deviation
    of that output: of noise, and of the background's residue around the pixel.
    """
    sigma = float(np.mean(settings.psf_sigma))
    filters, noise = local_filters(scene.background, settings, sigma)
    charge = scene.frame.astype(np.float64) * settings.electrons_per_count
    # A complex image is filtered at the price of one.
    both = _filtered(charge + 1j * scene.background, filters)
    residue = ndimage.uniform_filter(both.imag**2, _DEVIATION, mode="nearest")
    statistic = both.real / np.sqrt(residue + _per_pixel(noise**2, residue.shape))
    peaks = statistic == ndimage.maximum_filter(statistic, _PEAK)
    rows, columns = np.nonzero(peaks & (statistic > 0))
    score = statistic[rows, columns]
    best = np.argsort(-score)[:_MOST]
    xy = np.column_stack((columns, rows))[best].astype(np.float32)
    return Points(xy, score[best].astype(np.float32))


def local_filters(
    background: Image, settings: SceneSettings, sigma: float
) -> tuple[Image, npt.NDArray[np.float64]]:
    """The filter of each tile of 32 × 32 pixels, and the deviation of noise behind it.

    The filter is the spectrum of the target over that of background and noise together (North,
    Proc. IEEE 51(7), 1963, reprinted from 1943). Spectra are averaged over overlapping windows
    (Welch, IEEE Trans. Audio Electroacoust. 15(2), 1967).

    Returns:
        Filters (rows, columns, 32, 32), centred on [0, 0], and deviations (rows, columns).
    """
    half = _SIDE // 2
    padded = np.pad(background, half, mode="reflect")
    windows = sliding_window_view(padded, (_SIDE, _SIDE))[::_STEP, ::_STEP]
    taper = np.outer(*(2 * [np.hanning(_SIDE + 1)[:-1]]))
    means = windows.mean(axis=(2, 3), keepdims=True)
    spectra = np.abs(fft.fft2((windows - means) * taper)) ** 2 / (taper**2).sum()
    near = ndimage.uniform_filter(spectra, (_NEAR, _NEAR, 1, 1), mode="nearest")
    clutter = near[:: _TILE // _STEP, :: _TILE // _STEP]
    noise = settings.noise_electrons
    rest = np.full((_SIDE, _SIDE), noise**2 * (1 + settings.pixel_noise**2))
    rest[0] += _SIDE * (settings.column_noise * noise) ** 2  # the same in all rows
    psf = gaussian_psf_image((_SIDE, _SIDE), (half, half), sigma, 1.0)
    target = fft.fft2(fft.ifftshift(psf))
    filters = fft.ifft2(target / (clutter + rest)).real
    filters -= filters.mean(axis=(2, 3), keepdims=True)  # the level of a scene is unknown
    passed = np.abs(fft.fft2(filters)) ** 2 * rest
    return filters, np.sqrt(passed.mean(axis=(2, 3)))


def _filtered(image: npt.NDArray[np.complex128], filters: Image) -> npt.NDArray[np.complex128]:
    """Correlate each tile of an image with its filter; tile k is centred on pixel k · 32."""
    rows, columns = filters.shape[:2]
    half, wide = _SIDE // 2, _TILE + _SIDE
    counts = zip((rows, columns), image.shape, strict=True)
    ends = [(wide // 2, n * _TILE + half - side) for n, side in counts]
    padded = np.pad(image - image.mean(), ends, mode="reflect")
    windows = sliding_window_view(padded, (wide, wide))[::_TILE, ::_TILE]
    kernels = np.zeros((rows, columns, wide, wide))
    kernels[..., :_SIDE, :_SIDE] = np.roll(filters, (half, half), axis=(2, 3))
    kernels = np.roll(kernels, (-half, -half), axis=(2, 3))
    output = fft.ifft2(fft.fft2(windows) * fft.fft2(kernels).conj())
    tiles = output[..., half : half + _TILE, half : half + _TILE]
    joined = tiles.transpose(0, 2, 1, 3).reshape(rows * _TILE, columns * _TILE)
    return _inside(joined, image.shape)


def _per_pixel(values: npt.NDArray[np.float64], shape: tuple[int, ...]) -> Image:
    """Values of tiles (rows, columns) → values of pixels."""
    return _inside(np.repeat(np.repeat(values, _TILE, axis=0), _TILE, axis=1), shape)


def _inside(joined: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """The image in joined tiles, the first of which begin half a tile before it."""
    first = _TILE // 2
    return joined[first : first + shape[0], first : first + shape[1]]
