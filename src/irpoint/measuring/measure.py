"""From a frame and the network's points to measured points: the story of this room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.measurement import Flag, Measurement
from irpoint.measuring.fitting import Fitted, fit_points
from irpoint.measuring.modes import to_modes
from irpoint.measuring.scene import Scene, View
from irpoint.measuring.solver import MAX_WIDTH, MIN_WIDTH, X, Y
from irpoint.measuring.start import SEARCH, Start, find_start
from irpoint.measuring.windows import BoolArray, FloatArray, middle
from irpoint.points import Points
from irpoint.psf import gaussian_profiles

_HALF, _WIDE_HALF = 6, 10  # px on each side of the middle of the window of a fit
_WIDE = 1.5  # px, width from which a target needs the larger window
_REACH = 3.0  # px, the farthest that a target may be from the network's place
_EXTENDED = 3.0  # px, width from which a target is extended
_BLENDED = 3.0  # widths
_LEAST_STRENGTH = 5.0  # standard deviations
_WHOLE = 0.98  # share of the signal of a target on pixels that show the scene


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
    scene = Scene(frame, points, foreign)
    view = scene.look(np.arange(len(points)), points.xy, step=9, half=13)
    start = _start(view, points)
    places = view.windows.centre + start.shift
    guess = scene.with_partners(np.column_stack([places, start.width]))
    found = _fit(view, start.shift, guess, _HALF)
    wide = np.flatnonzero(found.width > _WIDE)
    if wide.size:
        centre = np.rint(found.xy[wide])
        far = scene.look(wide, centre, step=15, half=19)
        guess[wide, 0] = np.column_stack([found.xy, found.width])[wide]
        again = _fit(far, np.zeros((wide.size, 2), np.int64), guess[wide], _WIDE_HALF)
        found.put(wide, again)
        view.around.put(wide, far.around)
    trusted = _trusted(found, points, fallback_std)
    return _result(points, view, found, trusted, guess, fallback_std)


def _start(view: View, points: Points) -> Start:
    """Where to start, without hot pixels; with them if nothing else is there."""
    weights = view.around.weights(2 * _HALF + 1)
    from_network = points.xy.astype(np.float64) - view.windows.centre
    allowed = ~middle(view.nearer, SEARCH)

    def found(good: BoolArray, some: npt.NDArray[np.intp]) -> Start:
        values = np.where(good[some], view.windows.values[some], 0.0)
        return find_start(
            to_modes(middle(values, _HALF)), weights[some], from_network[some], allowed[some]
        )

    start = found(view.good, np.arange(len(points)))
    spiky = middle(view.spikes, SEARCH).any((1, 2))
    weak = np.flatnonzero(spiky & (start.strength < _LEAST_STRENGTH))
    if weak.size:
        view.good[weak] |= view.spikes[weak]
        start.put(weak, found(view.good, weak))
    return start


def _fit(view: View, shift: npt.NDArray[np.int64], guess: FloatArray, half: int) -> Fitted:
    return fit_points(
        view.windows.middle(half, shift),
        middle(view.good, half, shift),
        middle(view.floor, half, shift),
        view.around.weights(2 * half + 1),
        guess,
    )


def _trusted(found: Fitted, points: Points, fallback_std: float) -> BoolArray:
    """bool (N,), the fits that are better than the network's place."""
    variance = found.covariance[:, (X, Y), (X, Y)]
    return np.asarray(
        found.converged
        & (np.linalg.norm(found.xy - points.xy, axis=1) <= _REACH)
        & (found.width > 1.01 * MIN_WIDTH)
        & (found.width < 0.99 * MAX_WIDTH)
        & (found.flux > 0)
        & (found.strength >= _LEAST_STRENGTH)
        & np.isfinite(found.covariance).all((1, 2))
        & (variance > 0).all(1)
        & (variance.mean(1) <= fallback_std**2)
    )


def _result(
    points: Points,
    view: View,
    found: Fitted,
    trusted: BoolArray,
    guess: FloatArray,
    fallback_std: float,
) -> tuple[FloatArray, Measurement]:
    noise, sign = view.around.noise, view.windows.sign
    peak = found.flux * _largest_share(found)
    apart = np.linalg.norm(guess[:, 1:, :2] - found.xy[:, None], axis=2)
    apart = np.where(np.isfinite(apart), apart, np.inf).min(1)
    raised = {
        Flag.BORDER: view.visible(found.xy, found.width) < _WHOLE,
        Flag.SATURATED: view.saturated(found.xy),
        Flag.BLENDED: apart < _BLENDED * found.width,
        Flag.EXTENDED: found.width > _EXTENDED,
    }
    flags = np.zeros(len(points), np.uint8)
    for flag, where in raised.items():
        flags |= np.where(where, np.uint8(flag), np.uint8(0))
    measured = Measurement(
        network_xy=points.xy.astype(np.float64),
        x_std=np.sqrt(np.where(trusted, found.covariance[:, X, X], 1.0)),
        y_std=np.sqrt(np.where(trusted, found.covariance[:, Y, Y], 1.0)),
        xy_cov=np.where(trusted, found.covariance[:, X, Y], 0.0),
        amplitude=sign * found.flux / (2 * np.pi * found.width**2),
        background=view.windows.offset + sign * found.level,
        snr=peak / noise,
        scr=peak / view.around.spread,
        width=found.width,
        flux=sign * found.flux,
        chi2=found.chi2,
        flags=flags,
    )
    plain = _unmeasured(points, fallback_std)
    return np.where(trusted[:, None], found.xy, plain.network_xy), _choose(trusted, measured, plain)


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
