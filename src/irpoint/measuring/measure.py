"""From a frame and the network's points to measured points: the story of this room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.measurement import Flag, Measurement
from irpoint.measuring.fitting import Fitted, fit_points
from irpoint.measuring.full_scale import at_full_scale
from irpoint.measuring.neighbours import COVERED, Neighbours, near_any
from irpoint.measuring.noise import Surroundings, measure_surroundings
from irpoint.measuring.solver import FLUX, MAX_WIDTH, MIN_WIDTH, X, Y
from irpoint.measuring.start import HALF as START_HALF
from irpoint.measuring.start import SEARCH, find_start
from irpoint.measuring.windows import BoolArray, FloatArray, Windows, gather
from irpoint.points import Points
from irpoint.psf import gaussian_profiles

_WINDOW = 12  # px on each side of a point, of which surroundings are measured
_CLOSE = 12.0  # px, the farthest neighbour that shows in the window of a fit
_REACH = 3.0  # px, the farthest that a target may be from the network's place
_EXTENDED = 3.0  # px, width from which a target is extended
_BLENDED = 3.0  # widths
_LEAST_SNR = 3.0  # flux over its uncertainty
_WHOLE = 0.98  # share of the signal of a target on used pixels
_LEAST_PART = 0.4


def measure(
    frame: npt.NDArray[Any],
    points: Points,
    foreign: BoolArray | None = None,
    fallback_std: float = 0.5,
) -> Points:
    """Measure the place, the uncertainty, the signal and the width of every point.

    Args:
        frame: (H, W) counts as they come from the camera, of any numeric type: neither inverted
            nor normalised.
        points: points of this frame, each with its polarity.
        foreign: bool (H, W), pixels that show no scene. Pixels that are not finite count as such.
        fallback_std: standard deviation per axis, in px, of the places of points that cannot be
            measured, > 0.

    Returns:
        The same points in the same order, with measured places and with ``measured``. A point that
        cannot be measured keeps its place and has the flag ``UNMEASURED``.

    Raises:
        ValueError: if the shapes of frame and ``foreign`` differ, or ``fallback_std`` is not > 0.
    """
    frame = np.asarray(frame)
    if frame.ndim != 2 or (foreign is not None and foreign.shape != frame.shape):
        raise ValueError(f"give a frame (H, W) and a mask of its shape, not {frame.shape}")
    if not fallback_std > 0:
        raise ValueError(f"fallback_std {fallback_std}: give a standard deviation > 0")
    if not len(points) or not frame.size:
        return replace(points, measured=_unmeasured(points, fallback_std))
    with np.errstate(all="ignore"):  # what is not finite is caught by _trusted
        xy, measured = _measure(frame, points, foreign, fallback_std)
    return replace(points, xy=xy.astype(np.float32), measured=measured)


def _unmeasured(points: Points, fallback_std: float) -> Measurement:
    """Nothing is known of the points but where the network found them."""
    n = len(points)
    nothing, std = np.full(n, np.nan), np.full(n, float(fallback_std))
    return Measurement(
        network_xy=points.xy.astype(np.float64),
        x_std=std,
        y_std=std.copy(),
        xy_cov=np.zeros(n),
        amplitude=nothing,
        background=nothing.copy(),
        snr=nothing.copy(),
        scr=nothing.copy(),
        width=nothing.copy(),
        flux=nothing.copy(),
        chi2=nothing.copy(),
        flags=np.full(n, Flag.UNMEASURED, np.uint8),
    )


def _measure(
    frame: npt.NDArray[Any], points: Points, foreign: BoolArray | None, fallback_std: float
) -> tuple[FloatArray, Measurement]:
    """Places (N, 2) and what was measured of N >= 1 points."""
    neighbours = Neighbours.of(points.xy, 4, _CLOSE)
    windows = gather(frame, points.xy, points.dark, foreign, _WINDOW)
    others = windows.of(near_any(frame.shape, points.xy, COVERED))
    around = measure_surroundings(windows, others, frame.dtype)
    units = replace(windows, values=windows.values / around.noise[:, None, None])
    saturated = at_full_scale(frame, windows)
    good = windows.valid & ~neighbours.nearer(windows) & ~saturated
    start = find_start(
        units.middle(SEARCH + START_HALF).values,
        points.xy.astype(np.float64) - windows.centre,
        ~neighbours.nearer(windows.middle(SEARCH)).reshape(len(points), -1),
    )
    found = fit_points(units, good, start)
    return _result(points, windows, around, found, saturated, neighbours, fallback_std)


def _result(
    points: Points,
    windows: Windows,
    around: Surroundings,
    found: Fitted,
    saturated: BoolArray,
    neighbours: Neighbours,
    fallback_std: float,
) -> tuple[FloatArray, Measurement]:
    noise, sign = around.noise, windows.sign
    xy = windows.centre + found.xy
    peak = found.flux * _largest_share(found)
    flags = np.zeros(len(points), np.uint8)
    reach = np.linalg.norm(xy - points.xy, axis=1)
    trusted = (
        found.converged
        & (reach <= _REACH)
        & (found.width > MIN_WIDTH * 1.01)
        & (found.width < MAX_WIDTH * 0.99)
        & (found.flux > _LEAST_SNR * np.sqrt(found.covariance[:, FLUX, FLUX]))
        & (found.used > _LEAST_PART)
        & np.isfinite(found.covariance).all((1, 2))
        & (found.covariance[:, (X, Y), (X, Y)] > 0).all(1)
    )
    core = windows.half + np.arange(-2, 3)
    raised = {
        Flag.BORDER: found.used < _WHOLE,
        Flag.SATURATED: saturated[:, core][:, :, core].any((1, 2)),
        Flag.BLENDED: neighbours.nearest < _BLENDED * found.width,
        Flag.EXTENDED: found.width > _EXTENDED,
    }
    for flag, where in raised.items():
        flags |= np.where(where, np.uint8(flag), np.uint8(0))
    plain = _unmeasured(points, fallback_std)
    measured = Measurement(
        network_xy=plain.network_xy,
        x_std=np.sqrt(found.covariance[:, X, X]),
        y_std=np.sqrt(found.covariance[:, Y, Y]),
        xy_cov=found.covariance[:, X, Y],
        amplitude=sign * noise * found.flux / (2 * np.pi * found.width**2),
        background=windows.offset + sign * noise * found.level,
        snr=peak,
        scr=peak * noise / around.spread,
        width=found.width,
        flux=sign * noise * found.flux,
        chi2=found.chi2,
        flags=flags,
    )
    return np.where(trusted[:, None], xy, plain.network_xy), _choose(trusted, measured, plain)


def _largest_share(found: Fitted) -> FloatArray:
    """(N,) share of the flux on the pixel at the place of the target."""
    shares = [
        gaussian_profiles(place - np.rint(place), found.width, 0)[0][:, 0] for place in found.xy.T
    ]
    return np.asarray(shares[0] * shares[1])


def _choose(which: BoolArray, first: Measurement, second: Measurement) -> Measurement:
    """The first where ``which`` (N,), elsewhere the second."""
    pairs = zip(first, second, strict=True)
    return Measurement(
        *(np.where(which if a.ndim == 1 else which[:, None], a, b) for a, b in pairs)
    )
