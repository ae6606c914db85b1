"""Point targets: position, width and signal-to-noise ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from irpoint.errors import SettingsError
from irpoint.psf import gaussian_psf_image, pixel_share
from irpoint.simulate.settings import SceneSettings

# Half the side of the window in which local clutter is measured: the neighbourhood that papers on
# small infrared targets use for the signal-to-clutter ratio (Gao et al., IEEE TIP 22(12), 2013).
_CLUTTER_RADIUS = 20
_MAX_TRIES = 2000
# The filter that measures visibility: a Gaussian of the target's width, but not narrower than it
# can be sampled, minus one that is wider by this ratio, the background.
_FILTER_RATIO = 2.5
_MIN_FILTER_SIGMA = 0.7


@dataclass(frozen=True)
class Target:
    """One point target.

    Attributes:
        x, y: position in pixels; x right, y down, pixel centres at integers.
        psf_sigma: standard deviation of its point spread function in pixels.
        electrons: total charge that it adds to the frame; negative for a dark target.
        snr: signal of its peak pixel over the temporal noise (see :class:`SceneSettings`), > 0.
        scnr: the same signal over the combination of temporal noise, fixed pattern and local
            clutter (standard deviation of the background within 20 pixels).
    """

    x: float
    y: float
    psf_sigma: float
    electrons: float
    snr: float
    scnr: float


def _scatter(
    count: int, settings: SceneSettings, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Positions (count, 2), uniform over the frame and at least ``min_separation`` apart."""
    corner = np.array([settings.width - 1.0, settings.height - 1.0])
    chosen = np.empty((0, 2))
    for _ in range(_MAX_TRIES + count):
        if len(chosen) == count:
            return chosen
        xy = rng.uniform(0.0, corner)
        if not len(chosen) or np.hypot(*(chosen - xy).T).min() >= settings.min_separation:
            chosen = np.vstack([chosen, xy])
    if len(chosen) == count:
        return chosen
    raise SettingsError(
        f"targets: {count} do not fit in {settings.width}x{settings.height} pixels at least "
        f"{settings.min_separation} px apart; lower targets or min_separation"
    )


def surroundings(
    background: npt.NDArray[np.floating], row: int, column: int
) -> npt.NDArray[np.floating]:
    """The part of a background within 20 pixels of a pixel, in which clutter is measured."""
    top, left = max(0, row - _CLUTTER_RADIUS), max(0, column - _CLUTTER_RADIUS)
    return background[top : row + _CLUTTER_RADIUS + 1, left : column + _CLUTTER_RADIUS + 1]


def _filtered(window: npt.NDArray[np.floating], noise: float, sigma: float) -> float:
    """The signal whose response to the filter equals the deviation of noise and clutter.

    Args:
        window: background around the target, in electrons.
        noise: standard deviation of a pixel without clutter, in electrons.
        sigma: width of the target in pixels.
    """
    narrow = max(sigma, _MIN_FILTER_SIGMA)
    wide = _FILTER_RATIO * narrow
    clutter = gaussian_filter(window, narrow) - gaussian_filter(window, wide)
    # Gaussians of variances a and b overlap by 1 / (2π (a + b)).
    squares = narrow**2, wide**2, sigma**2
    power = (1 / squares[0] + 1 / squares[1] - 4 / (squares[0] + squares[1])) / (4 * math.pi)
    response = squares[2] * (1 / (squares[0] + squares[2]) - 1 / (squares[1] + squares[2]))
    return math.sqrt(noise**2 * power + float(clutter.var())) / response


def draw_targets(
    background: npt.NDArray[np.float64], settings: SceneSettings, rng: np.random.Generator
) -> list[Target]:
    """Draw the targets of one frame.

    Args:
        background: (height, width) in electrons, without noise.
        settings: provides number of targets, signal-to-noise ratio and point spread function.
        rng: source of the randomness.

    Raises:
        SettingsError: if the targets do not fit in the frame.
    """
    low, high = settings.targets
    count = int(rng.integers(low, high + 1))
    pattern = settings.noise_electrons * math.hypot(settings.column_noise, settings.pixel_noise)
    targets = []
    for x, y in _scatter(count, settings, rng).tolist():
        snr = float(np.exp(rng.uniform(*np.log(settings.snr))))
        sigma = float(rng.uniform(*settings.psf_sigma))
        sign = -1.0 if rng.uniform() < settings.dark_fraction else 1.0
        row, column = round(y), round(x)
        noise = math.hypot(math.sqrt(background[row, column]), settings.read_noise)
        signal = snr * noise
        window = surroundings(background, row, column)
        if settings.visibility:
            visibility = float(np.exp(rng.uniform(*np.log(settings.visibility))))
            signal = visibility * _filtered(window, math.hypot(noise, pattern), sigma)
            snr = signal / noise
        clutter = float(window.std())
        scnr = signal / math.sqrt(noise**2 + pattern**2 + clutter**2)
        electrons = sign * signal / pixel_share((x, y), sigma)
        targets.append(Target(x, y, sigma, electrons, snr, scnr))
    return targets


def target_electrons(shape: tuple[int, int], targets: list[Target]) -> npt.NDArray[np.float64]:
    """Charge that the targets add to a frame, without noise: float64 (height, width)."""
    sigma = np.array([target.psf_sigma for target in targets])
    flux = np.array([target.electrons for target in targets])
    xy = np.array([(target.x, target.y) for target in targets]).reshape(-1, 2)
    image = gaussian_psf_image(shape, xy, sigma, flux / (2.0 * math.pi * sigma**2))
    return np.asarray(image, dtype=np.float64)
