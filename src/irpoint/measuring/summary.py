"""What was measured, in counts and frame pixels, with the flags that limit it."""

from __future__ import annotations

import numpy as np

from irpoint.measurement import Flag, Measurement
from irpoint.measuring.fitting import Fitted
from irpoint.measuring.scene import View
from irpoint.measuring.solver import X, Y
from irpoint.measuring.windows import BoolArray, FloatArray
from irpoint.points import Points

_BLENDED = 3.0  # widths
_WHOLE = 0.98  # share of the signal of a target on pixels that show the scene


def summarise(
    points: Points,
    view: View,
    found: Fitted,
    better: BoolArray,
    extended: BoolArray,
    partners: FloatArray,
    fallback_std: float,
) -> tuple[FloatArray, Measurement]:
    """Places (N, 2) and what was measured of N points.

    Args:
        points: the network's points.
        view: what is around them.
        found: their targets.
        better: bool (N,), the targets whose place is better than the network's.
        extended: bool (N,), the targets that are wider than a point.
        partners: (N, K, 2) places of the points fitted together with each; NaN if there are fewer.
        fallback_std: standard deviation per axis of the other places, px.
    """
    sign = view.windows.sign
    apart = np.linalg.norm(partners - found.xy[:, None], axis=2)
    apart = np.where(np.isfinite(apart), apart, np.inf).min(1)
    raised = {
        Flag.BORDER: view.visible(found.xy, found.width) < _WHOLE,
        Flag.SATURATED: view.saturated(found.xy),
        Flag.BLENDED: apart < _BLENDED * found.width,
        Flag.EXTENDED: extended,
    }
    flags = np.zeros(len(points), np.uint8)
    for flag, where in raised.items():
        flags |= np.where(where, np.uint8(flag), np.uint8(0))
    covariance = np.where(better[:, None, None], found.covariance, 1.0)
    measured = Measurement(
        network_xy=points.xy.astype(np.float64),
        x_std=np.sqrt(covariance[:, X, X]),
        y_std=np.sqrt(covariance[:, Y, Y]),
        xy_cov=covariance[:, X, Y],
        amplitude=sign * found.amplitude,
        background=found.background,
        snr=found.peak / view.around.noise,
        scr=found.peak / view.around.spread,
        width=found.width,
        flux=sign * found.flux,
        chi2=found.chi2,
        flags=flags,
    )
    plain = Measurement.unmeasured(points.xy.astype(np.float64), fallback_std)
    plain.flags[extended] |= np.uint8(Flag.EXTENDED)
    xy = np.where(better[:, None], found.xy, plain.network_xy)
    return xy, _choose(better, measured, plain)


def _choose(which: BoolArray, first: Measurement, second: Measurement) -> Measurement:
    """The first where ``which`` (N,), elsewhere the second."""
    pairs = zip(first, second, strict=True)
    return Measurement(
        *(np.where(which if a.ndim == 1 else which[:, None], a, b) for a, b in pairs)
    )
