"""The camera: shot noise, read noise, fixed pattern, bad pixels, digitisation, gain control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.simulate.settings import SceneSettings

Electrons = npt.NDArray[np.float64]
Counts = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

# Automatic gain control maps these percentiles of the frame to these fractions of the 8-bit scale,
# which leaves headroom for targets. The gain is limited, as in a camera: a span of fewer than
# AGC_MIN_SPAN noise standard deviations is not stretched to full contrast.
_AGC_PERCENTILES = (0.5, 99.5)
_AGC_FRACTIONS = (0.06, 0.84)
AGC_MIN_SPAN = 24.0


@dataclass(frozen=True, eq=False)
class FixedPattern:
    """Errors of a detector array that are the same in every frame.

    Attributes:
        offset: float64 (height, width), electrons added to each pixel.
        hot, dead: bool (height, width). A hot pixel always reads ``stuck``, a dead pixel zero.
        stuck: float64 (height, width), electrons that each pixel reads if it is hot.
    """

    offset: Electrons
    hot: npt.NDArray[np.bool_]
    dead: npt.NDArray[np.bool_]
    stuck: Electrons


def draw_fixed_pattern(settings: SceneSettings, rng: np.random.Generator) -> FixedPattern:
    """Draw the fixed pattern of a detector array: column offsets, pixel offsets, bad pixels.

    The offsets are Gaussian, with standard deviations of ``column_noise`` and ``pixel_noise`` times
    the temporal noise. ``round(bad_pixels · pixels)`` pixels are bad.
    """
    height, width = settings.shape
    noise = settings.noise_electrons
    offset = settings.column_noise * noise * rng.standard_normal((1, width))
    offset = offset + settings.pixel_noise * noise * rng.standard_normal((height, width))
    count = round(settings.bad_pixels * height * width)
    bad = rng.choice(height * width, size=count, replace=False)
    hot = np.zeros(height * width, dtype=bool)
    dead = np.zeros(height * width, dtype=bool)
    hot[bad[::2]] = True
    dead[bad[1::2]] = True
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
        electrons: (height, width), expected charge of each pixel without noise, >= 0.
        settings: provides read noise and full well.
        pattern: fixed pattern of the detector array.
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
    """Convert charge to counts: linear at 12, 14 or 16 bits, with gain control at 8 bits.

    At 8 bits, too, the counts are returned if an artefact needs them.

    Args:
        charge: (height, width) in electrons, 0..well_electrons.
        settings: provides gain and bits.

    Returns:
        (height, width); uint16 in 0..2^bits − 1, or uint8.
    """
    counts = np.rint(charge / settings.electrons_per_count)
    if settings.bits != 8 or settings.artefacts.from_counts:
        return counts.astype(np.uint16)
    noise = settings.noise_electrons / settings.electrons_per_count
    return gain_control(counts, min_span=AGC_MIN_SPAN * noise)


def gain_control(counts: npt.NDArray[np.float64], min_span: float) -> npt.NDArray[np.uint8]:
    """Linear automatic gain control to 8 bits, robust to a few bright or dead pixels.

    The 0.5th and the 99.5th percentile are mapped to 6 % and 84 % of the scale. Values outside
    the scale are clipped. If the percentiles are closer than ``min_span`` counts, the frame is
    stretched as if they were ``min_span`` apart.
    """
    return to_grey(counts, *agc_levels(counts, min_span))


def agc_levels(counts: npt.NDArray[np.floating], min_span: float) -> tuple[float, float]:
    """Middle and span, in counts, of what :func:`gain_control` maps to 6 % to 84 % of the scale."""
    low, high = np.percentile(counts, _AGC_PERCENTILES)
    return float(low + high) / 2.0, max(float(high - low), min_span, 1.0)


def to_grey(counts: npt.NDArray[np.floating], middle: float, span: float) -> npt.NDArray[np.uint8]:
    """Counts → grey levels 0..255, for the middle and span that :func:`agc_levels` gives."""
    bottom, top = _AGC_FRACTIONS
    scaled = (counts - middle) / span * (top - bottom) + (bottom + top) / 2.0
    return np.asarray(np.clip(np.rint(255.0 * scaled), 0, 255), dtype=np.uint8)
