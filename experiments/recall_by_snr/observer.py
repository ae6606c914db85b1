"""The best linear observer: a matched filter whitened with the local spectrum of the background."""

from __future__ import annotations

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
    residue = _filtered(scene.background, filters)
    power = ndimage.uniform_filter(residue**2, _DEVIATION, mode="nearest")
    statistic = _filtered(charge, filters) / np.sqrt(power + _per_pixel(noise**2, power.shape))
    peaks = statistic == ndimage.maximum_filter(statistic, _PEAK)
    rows, columns = np.nonzero(peaks & (statistic > 0))
    score = statistic[rows, columns]
    best = np.argsort(-score)[:_MOST]
    xy = np.column_stack((columns, rows))[best].astype(np.float32)
    return Points(xy, score[best].astype(np.float32))


def local_filters(
    background: Image, settings: SceneSettings, sigma: float
) -> tuple[Image, npt.NDArray[np.float64]]:
    """The filter of each tile of 16 × 16 pixels, and the deviation of noise behind it.

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
    clutter = ndimage.uniform_filter(spectra, (_NEAR, _NEAR, 1, 1), mode="nearest")
    noise = settings.noise_electrons
    rest = np.full((_SIDE, _SIDE), noise**2 * (1 + settings.pixel_noise**2))
    rest[0] += _SIDE * (settings.column_noise * noise) ** 2  # the same in all rows
    psf = gaussian_psf_image((_SIDE, _SIDE), (half, half), sigma, 1.0)
    target = fft.fft2(fft.ifftshift(psf))
    filters = fft.ifft2(target / (clutter + rest)).real
    filters -= filters.mean(axis=(2, 3), keepdims=True)  # the level of a scene is unknown
    passed = np.abs(fft.fft2(filters)) ** 2 * rest
    return filters, np.sqrt(passed.mean(axis=(2, 3)))


def _filtered(image: Image, filters: Image) -> Image:
    """Correlate each tile of an image with its filter."""
    rows, columns = filters.shape[:2]
    wide = 2 * _SIDE
    counts = zip((rows, columns), image.shape, strict=True)
    ends = [(_SIDE, (n - 1) * _STEP + _SIDE - side) for n, side in counts]
    padded = np.pad(image - image.mean(), ends, mode="reflect")
    windows = sliding_window_view(padded, (wide, wide))[::_STEP, ::_STEP]
    kernels = np.zeros((rows, columns, wide, wide))
    half = _SIDE // 2
    kernels[..., :_SIDE, :_SIDE] = np.roll(filters, (half, half), axis=(2, 3))
    kernels = np.roll(kernels, (-half, -half), axis=(2, 3))
    output = fft.irfft2(fft.rfft2(windows) * fft.rfft2(kernels).conj(), s=(wide, wide))
    margin = (wide - _STEP) // 2  # a tile lies in the middle of its window
    inner = slice(margin, margin + _STEP)
    tiles = output[..., inner, inner]
    joined: Image = tiles.transpose(0, 2, 1, 3).reshape(rows * _STEP, columns * _STEP)
    # Tile k is centred on pixel k · step, so the first one begins half a tile before the image.
    shift = _STEP // 2
    return joined[shift : shift + image.shape[0], shift : shift + image.shape[1]]


def _per_pixel(values: npt.NDArray[np.float64], shape: tuple[int, ...]) -> Image:
    """Values of tiles (rows, columns) → values of pixels."""
    spread = np.repeat(np.repeat(values, _STEP, axis=0), _STEP, axis=1)
    shift = _STEP // 2
    return spread[shift : shift + shape[0], shift : shift + shape[1]]
