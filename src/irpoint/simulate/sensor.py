"""The camera: shot noise, read noise, fixed pattern, bad pixels, conversion, gain control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.simulate.settings import SceneSettings

Electrons = npt.NDArray[np.float64]
Counts = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

# Automatic gain control: these percentiles of the frame go to these shares of the 8-bit scale,
# which leaves headroom for targets; a span narrower than this many noise standard deviations is
# not stretched further, as the gain limit of a camera does.
_AGC_PERCENTILES = (0.5, 99.5)
_AGC_SHARES = (0.06, 0.84)
_AGC_LEAST_SPAN = 24.0


@dataclass(frozen=True, eq=False)
class FixedPattern:
    """What one detector array does the same way in every frame.

    Attributes:
        offset: float64 (height, width), electrons added to each pixel.
        hot, dead: bool (height, width); a hot pixel is stuck near ``stuck``, a dead one at zero.
        stuck: float64 (height, width), electrons that a hot pixel shows.
    """

    offset: Electrons
    hot: npt.NDArray[np.bool_]
    dead: npt.NDArray[np.bool_]
    stuck: Electrons


def draw_fixed_pattern(settings: SceneSettings, rng: np.random.Generator) -> FixedPattern:
    """A detector array as ``settings`` describe it: column and pixel offsets, bad pixels.

    Column offsets and pixel offsets are Gaussian with standard deviations of ``column_noise`` and
    ``pixel_noise`` times the temporal noise; ``round(bad_pixels · pixels)`` pixels are bad.
    """
    height, width = settings.shape
    noise = settings.noise_electrons
    offset = settings.column_noise * noise * rng.standard_normal((1, width))
    offset = offset + settings.pixel_noise * noise * rng.standard_normal((height, width))
    count = round(settings.bad_pixels * height * width)
    where = rng.choice(height * width, size=count, replace=False)
    hot = np.zeros(height * width, dtype=bool)
    dead = np.zeros(height * width, dtype=bool)
    hot[where[::2]] = True
    dead[where[1::2]] = True
    mean = settings.well_fill * settings.well_electrons
    stuck = rng.uniform(mean, settings.well_electrons, size=(height, width))
    return FixedPattern(offset, hot.reshape(height, width), dead.reshape(height, width), stuck)


def expose(
    electrons: Electrons,
    settings: SceneSettings,
    pattern: FixedPattern,
    rng: np.random.Generator,
) -> Electrons:
    """One exposure: Poisson shot noise of ``electrons``, Gaussian read noise, fixed pattern.

    Args:
        electrons: (height, width), the expected charge of each pixel without noise, >= 0.
        settings: gives read noise and full well.
        pattern: the detector array.
        rng: source of the temporal noise.

    Returns:
        (height, width) in electrons, within 0..well_electrons.
    """
    charge = rng.poisson(electrons).astype(np.float64)
    charge += settings.read_noise * rng.standard_normal(electrons.shape)
    charge += pattern.offset
    charge[pattern.hot] = pattern.stuck[pattern.hot]
    charge[pattern.dead] = 0.0
    return np.clip(charge, 0.0, settings.well_electrons)


def digitise(charge: Electrons, settings: SceneSettings) -> Counts:
    """Counts of the camera's output: linear at 12, 14 or 16 bits, gain-controlled at 8.

    Args:
        charge: (height, width) in electrons, 0..well_electrons.
        settings: gives gain and bits.

    Returns:
        uint16 in 0..2^bits − 1, or uint8.
    """
    counts = np.rint(charge / settings.electrons_per_count)
    if settings.bits != 8:
        return counts.astype(np.uint16)
    noise = settings.noise_electrons / settings.electrons_per_count
    return gain_control(counts, least_span=_AGC_LEAST_SPAN * noise)


def gain_control(counts: npt.NDArray[np.float64], least_span: float) -> npt.NDArray[np.uint8]:
    """Linear automatic gain control to 8 bits that a few bright or dead pixels cannot upset.

    The 0.5th and 99.5th percentiles go to 6 % and 84 % of the scale and the rest follows, clipped;
    a frame whose percentiles lie nearer than ``least_span`` counts is stretched about its middle
    as if they lay ``least_span`` apart.
    """
    low, high = np.percentile(counts, _AGC_PERCENTILES)
    middle = (low + high) / 2.0
    span = max(float(high - low), least_span, 1.0)
    share_low, share_high = _AGC_SHARES
    scaled = (counts - middle) / span * (share_high - share_low) + (share_low + share_high) / 2.0
    return np.asarray(np.clip(np.rint(255.0 * scaled), 0, 255), dtype=np.uint8)
