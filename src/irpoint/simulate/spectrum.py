"""Random fields with a power-law spectrum."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

Field = npt.NDArray[np.float32]


def power_law_field(
    shape: tuple[int, int], beta: float, rng: np.random.Generator, stretch: float = 1.0
) -> Field:
    """Gaussian random field with a power spectrum of 1/f^beta, periodic at the edges.

    White noise is filtered with f^(-beta/2) in the Fourier domain; the mean is removed.

    Args:
        shape: (height, width) in pixels.
        beta: exponent of the **power** (not amplitude) spectrum, >= 0.
        rng: source of the randomness.
        stretch: ratio of the length of structures along x to that along y; 1 is isotropic.

    Returns:
        float32 (height, width) with mean 0 and standard deviation 1.
    """
    down = fft.fftfreq(shape[0])[:, None]
    across = fft.rfftfreq(shape[1])[None, :] * stretch
    squared = (down * down + across * across).astype(np.float32)
    squared[0, 0] = 1.0
    gain = squared ** np.float32(-beta / 4.0)
    gain[0, 0] = 0.0
    spectrum = fft.rfft2(rng.standard_normal(shape, dtype=np.float32))
    spectrum *= gain
    field = fft.irfft2(spectrum, s=shape)
    return np.asarray(field / field.std(), dtype=np.float32)


def power_law_profile(length: int, beta: float, rng: np.random.Generator) -> Field:
    """One-dimensional :func:`power_law_field`, not periodic: mean 0, standard deviation 1."""
    # Half of a periodic line of twice the length is not periodic.
    half = power_law_field((1, 2 * length), beta, rng)[0, :length]
    return np.asarray((half - half.mean()) / half.std(), dtype=np.float32)
