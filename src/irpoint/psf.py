"""Point targets through a Gaussian point spread function, integrated over each pixel."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import erf

# Only 2e-9 of the flux of a Gaussian is beyond six standard deviations.
_REACH_SIGMAS = 6.0


def _edge_integral(first: int, count: int, centre: float, sigma: float) -> npt.NDArray[np.float64]:
    """Integral of exp(-(t - centre)²/2σ²) over each of ``count`` pixels, starting at ``first``."""
    edges = np.arange(first, first + count + 1) - 0.5
    cumulative = erf((edges - centre) / (math.sqrt(2.0) * sigma))
    scale = sigma * math.sqrt(math.pi / 2.0)
    return np.asarray(scale * np.diff(cumulative), dtype=np.float64)


def gaussian_profiles(
    centre: npt.NDArray[np.float64], sigma: npt.NDArray[np.float64], half: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Share of a Gaussian's flux on each pixel of a line, and its derivatives.

    The image of a target of flux F is F times the outer product of its shares along y and x.

    Args:
        centre: (...) position along the line in pixels; 0 is the centre of the middle pixel.
        sigma: (...) standard deviation in pixels, > 0.
        half: pixels on each side of the middle pixel.

    Returns:
        Shares (..., 2·half + 1), and their derivatives by centre and by sigma.
    """
    edges = np.arange(-half, half + 2) - 0.5
    width = sigma[..., None]
    scaled = (edges - centre[..., None]) / width
    height = np.exp(-0.5 * scaled * scaled) / (math.sqrt(2.0 * math.pi) * width)
    below = 0.5 * erf(scaled * math.sqrt(0.5))
    wider = scaled * height
    return (
        below[..., 1:] - below[..., :-1],  # as np.diff, but faster on few targets
        height[..., :-1] - height[..., 1:],
        wider[..., :-1] - wider[..., 1:],
    )


def pixel_share(xy: tuple[float, float], sigma: float) -> float:
    """Fraction of a target's flux that falls on the pixel at its centre.

    For a point source this is the "energy on the peak pixel" (ensquared energy) of the sensor
    literature: 0.15 for σ = 1 px at the centre of a pixel, less towards its corner.

    Args:
        xy: position in pixels, pixel centres at integers.
        sigma: standard deviation of the point spread function in pixels, > 0.
    """
    along = 1.0
    for position in xy:
        along *= float(_edge_integral(round(position), 1, position, sigma)[0])
    return along / (2.0 * math.pi * sigma**2)


def gaussian_psf_image(
    shape: tuple[int, int],
    xy: npt.ArrayLike,
    sigma: float | npt.ArrayLike,
    amplitude: float | npt.ArrayLike,
    dtype: npt.DTypeLike = np.float64,
) -> npt.NDArray[np.floating]:
    """Image of point targets, with the Gaussian integrated exactly over each pixel.

    The value of a pixel is ``amplitude`` times the integral of exp(-r²/2σ²) over the area of the
    pixel, computed from error functions at its edges. The flux of a target inside the frame is
    therefore ``amplitude · 2πσ²``, whatever its position within a pixel. Overlapping targets add
    up. A target may be partly or completely outside the frame. Only a patch of ±6σ around each
    target is computed.

    Args:
        shape: (height, width) in pixels.
        xy: one position (2,) or many (N, 2) in pixels; x right, y down, pixel centres at integers.
        sigma: standard deviation of the point spread function in pixels, > 0; one for all targets,
            or one per target.
        amplitude: height of the Gaussian before integration, negative for a dark target; one for
            all targets, or one per target.
        dtype: floating type of the result.

    Returns:
        (height, width) image, 0 away from the targets.

    Raises:
        ValueError: if ``sigma`` is not positive or a value is not finite.
    """
    positions = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    sigmas = np.broadcast_to(np.asarray(sigma, dtype=np.float64), len(positions))
    heights = np.broadcast_to(np.asarray(amplitude, dtype=np.float64), len(positions))
    if not (np.isfinite(positions).all() and np.isfinite(heights).all()):
        raise ValueError("positions and amplitudes must be finite")
    if not (np.isfinite(sigmas).all() and (sigmas > 0).all()):
        raise ValueError("sigma must be positive and finite")
    image = np.zeros(shape, dtype=dtype)
    for (x, y), width, height in zip(positions, sigmas, heights, strict=True):
        reach = math.ceil(_REACH_SIGMAS * width) + 1
        left, right = max(0, round(x) - reach), min(shape[1], round(x) + reach + 1)
        top, bottom = max(0, round(y) - reach), min(shape[0], round(y) + reach + 1)
        if left >= right or top >= bottom:
            continue
        across = _edge_integral(left, right - left, x, width)
        down = _edge_integral(top, bottom - top, y, width)
        image[top:bottom, left:right] += (height * np.outer(down, across)).astype(dtype)
    return image
