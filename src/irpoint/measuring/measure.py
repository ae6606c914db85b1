"""From a frame and the network's points to measured points: the story of this room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from irpoint.measurement import Measurement
from irpoint.measuring.approach import approach, is_rough, reach_of
from irpoint.measuring.extended import HALF as BLOB_HALF
from irpoint.measuring.extended import find_blobs
from irpoint.measuring.fitting import Fitted, fit_points
from irpoint.measuring.scene import TOGETHER, Scene, View
from irpoint.measuring.solver import MAX_WIDTH, MIN_WIDTH, X, Y
from irpoint.measuring.start import LEAST_STRENGTH, SEARCH, Start, find_start
from irpoint.measuring.summary import summarise
from irpoint.measuring.windows import BoolArray, FloatArray, middle
from irpoint.points import Points

_HALF, _WIDE_HALF = 6, 10  # px on each side of the middle of the window of a fit
_WIDE = 1.5  # px, width from which a target needs the larger window
_SAME_TARGET = 1.0  # px
_BLOB_REACH = 2.5  # px from where an extended target is looked for to its centroid
# A target is extended if it is wide, or if its residuals are far above the noise around it and not
# small beside its signal, as those of an aircraft with wings.
_EXTENDED = 3.0  # px
_UNLIKE = 2.5  # times the noise
_OF_PEAK = 0.07
_CLEAR = 6.0  # standard deviations
_LEAST_WIDTH = 1.2  # px, of extended targets to which no point could be fitted


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
        places = points.xy.astype(np.float64)
        return replace(points, measured=Measurement.unmeasured(places, fallback_std))
    with np.errstate(all="ignore"):  # what is not finite is caught by _is_better
        xy, measured = _measure(frame, points, foreign, fallback_std)
    return replace(points, xy=xy.astype(np.float32), measured=measured)


def _measure(
    frame: npt.NDArray[Any], points: Points, foreign: BoolArray | None, fallback_std: float
) -> tuple[FloatArray, Measurement]:
    """Places (N, 2) and what was measured of N >= 1 points."""
    scene = Scene(frame, points, foreign)
    rough = is_rough(fallback_std)
    if rough:
        near, chosen = approach(scene, fallback_std)
        scene = Scene(frame, replace(points, xy=near.astype(np.float32)), foreign)
    view = scene.look(np.arange(len(points)), scene.points.xy, step=9, half=_HALF + SEARCH)
    allowed = ~scene.neighbours.nearer(view.windows.centre, SEARCH)
    weights = view.around.weights(2 * _HALF + 1)
    start = _start(view, weights, scene.points, allowed)
    places = view.windows.centre + start.shift + start.offset
    guess = scene.with_partners(np.column_stack([places, start.width]))
    found = _fit(view, weights, start.shift, guess, _HALF)
    wide = np.flatnonzero(found.width > _WIDE)
    if wide.size:
        far = scene.look(wide, found.xy[wide], step=15, half=_WIDE_HALF)
        guess[wide, 0] = np.column_stack([found.xy, found.width])[wide]
        far_weights = far.around.weights(2 * _WIDE_HALF + 1)
        again = _fit(far, far_weights, None, guess[wide], _WIDE_HALF)
        found.put(wide, again)
        view.around.put(wide, far.around)
    trusted = start.clear & _is_better(found, points, fallback_std)
    extended = _find_extended(scene, view, found, trusted, fallback_std)
    if rough:
        trusted &= chosen
        trusted &= ~_is_taken(found.xy, trusted, points)
    return summarise(points, view, found, trusted, extended, guess[:, 1:, :2], fallback_std)


def _start(view: View, weights: FloatArray, points: Points, allowed: BoolArray) -> Start:
    """Where to start, without hot pixels; with them if nothing else is there."""
    from_network = points.xy.astype(np.float64) - view.windows.centre

    def found(some: slice | npt.NDArray[np.intp]) -> Start:
        good, values = (middle(a, _HALF)[some] for a in (view.good, view.windows.values))
        values = np.where(good, values, 0.0)
        return find_start(values, weights[some], from_network[some], allowed[some])

    start = found(slice(None))
    spiky = middle(view.spikes, SEARCH).any((1, 2))
    weak = np.flatnonzero(spiky & (start.strength < LEAST_STRENGTH))
    if weak.size:
        view.good[weak] |= view.spikes[weak]
        start.put(weak, found(weak))
    return start


def _fit(
    view: View,
    weights: FloatArray,
    shift: npt.NDArray[np.int64] | None,
    guess: FloatArray,
    half: int,
) -> Fitted:
    return fit_points(
        view.windows.middle(half, shift),
        middle(view.good, half, shift),
        None if view.floor is None else middle(view.floor, half, shift),
        weights,
        guess,
    )


def _is_better(found: Fitted, points: Points, fallback_std: float) -> BoolArray:
    """bool (N,), the fits that are better than the network's place."""
    variance = found.covariance[:, (X, Y), (X, Y)]
    return np.asarray(
        found.converged
        & (np.linalg.norm(found.xy - points.xy, axis=1) <= reach_of(fallback_std))
        & (found.width > 1.01 * MIN_WIDTH)
        & (found.width < 0.99 * MAX_WIDTH)
        & (found.flux > 0)
        & (found.strength >= LEAST_STRENGTH)
        & np.isfinite(found.covariance).all((1, 2))
        & (variance > 0).all(1)
        & (variance.mean(1) <= fallback_std**2)
    )


def _is_taken(xy: FloatArray, trusted: BoolArray, points: Points) -> BoolArray:
    """bool (N,), targets at the same place ``xy`` as another one that is nearer to its point."""
    taken = np.zeros(len(xy), bool)
    some = np.flatnonzero(trusted)
    if some.size:
        away = np.linalg.norm(xy - points.xy, axis=1)
        pairs = some[cKDTree(xy[some]).query_pairs(_SAME_TARGET, output_type="ndarray")]
        farther = np.where(away[pairs[:, 0]] > away[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
        taken[farther] = True
    return taken


def _find_extended(
    scene: Scene, view: View, found: Fitted, better: BoolArray, fallback_std: float
) -> BoolArray:
    """bool (N,), the targets that are wider than a point; replaces their place by a centroid.

    ``better`` becomes False for those of which the centroid is not clear.
    """
    alone = scene.neighbours.distance[:, 0] > TOGETHER
    quiet = view.around.quiet
    unlike = found.misfit > _UNLIKE * quiet
    unlike &= found.misfit**2 - quiet**2 > (_OF_PEAK * found.peak) ** 2
    extended = better & ((found.width > _EXTENDED) | (unlike & alone))
    some = np.flatnonzero((extended | ~better) & alone)
    if not some.size:
        return extended
    far = scene.look(some, scene.points.xy[some], step=24, half=BLOB_HALF)
    nearer = scene.neighbours[some].nearer(far.windows.centre, BLOB_HALF)
    blob = find_blobs(far.windows, far.windows.valid & ~nearer, far.around.quiet)
    clear = (
        blob.whole
        & (blob.width > np.where(better[some], 0.0, _LEAST_WIDTH))
        & (blob.peak > _CLEAR * np.where(better[some], far.around.quiet, far.around.spread))
        & (np.linalg.norm(blob.xy - scene.points.xy[some], axis=1) <= _BLOB_REACH)
        & (np.trace(blob.covariance, axis1=1, axis2=2) <= 2 * fallback_std**2)
    )
    better[some] = clear
    extended[some[clear]] = True
    found.put_blob(some[clear], blob[clear], far.windows[clear])
    return extended
