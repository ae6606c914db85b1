"""Where to start: the best nearby place of a target, by matched filters of several widths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from irpoint.measuring.modes import cosines, times, to_modes
from irpoint.measuring.windows import BoolArray, FloatArray
from irpoint.psf import gaussian_profiles

SEARCH = 3  # px around the network's pixel
PLACES = 2 * SEARCH + 1
_WIDTHS = np.array([0.65, 1.0, 1.6, 2.5])  # px
# The network's place is a Student-t variable around the target: usually within half a pixel.
_NETWORK_STD, _FREEDOM = 0.6, 4.0
LEAST_STRENGTH = 5.0  # standard deviations from which something is there
_FAR, _APART, _RIVAL = 1.5, 3.5, 0.6  # px, px, and of the response at the best place


@dataclass(frozen=True, eq=False)
class Start:
    """Places from which the fits start.

    Attributes:
        shift: int (N, 2), whole pixels from the middle of the window to the target.
        offset: (N, 2) px from there to the vertex of the response, at most 0.5 along an axis.
        width: (N,) width of the matched filter that responds most.
        strength: (N,) its response, in standard deviations.
        clear: bool (N,), False if the network's place is between two targets.
    """

    shift: npt.NDArray[np.int64]
    offset: FloatArray
    width: FloatArray
    strength: FloatArray
    clear: BoolArray

    def put(self, index: npt.NDArray[np.intp], other: Start) -> None:
        """Replace the places of some points."""
        for name, values in vars(self).items():
            values[index] = getattr(other, name)


@lru_cache(maxsize=4)
def _profiles(size: int) -> tuple[FloatArray, FloatArray]:
    """Modes of a target's profile (widths, places, size), and their squares."""
    places = np.arange(-SEARCH, SEARCH + 1.0)
    centre, width = np.meshgrid(places, _WIDTHS)
    profile = gaussian_profiles(centre, width, size // 2)[0] @ cosines(size).T
    return np.ascontiguousarray(profile), np.ascontiguousarray(profile**2)


def responses(windows: FloatArray, weights: FloatArray) -> FloatArray:
    """Squared responses (N, widths, PLACES, PLACES) of the matched filters to targets.

    Args:
        windows: (N, n, n) counts, 0 where they are not known.
        weights: (N, n, n) inverse power of noise and background in each mode.
    """
    profile, square = _profiles(windows.shape[1])
    response = _filter(weights * to_modes(windows), profile)
    power = _filter(weights, square)
    return np.asarray(np.maximum(response, 0.0) ** 2 / np.maximum(power, 1e-300))


def _filter(images: FloatArray, profile: FloatArray) -> FloatArray:
    """Sums (N, widths, places, places) of images (N, n, n) times outer products of profiles."""
    widths, places, size = profile.shape
    rows = times(images, profile.reshape(-1, size).T).reshape(-1, size, widths, places)
    return np.asarray(profile @ rows.transpose(0, 2, 1, 3))


def find_start(
    windows: FloatArray, weights: FloatArray, from_network: FloatArray, allowed: BoolArray
) -> Start:
    """Find where a target stands out most, not too far from the network's place.

    Args:
        windows: (N, n, n) counts, 0 where they are not known.
        weights: (N, n, n) inverse power of noise and background in each mode.
        from_network: (N, 2) px from the middle of the window to the network's place.
        allowed: bool (N, PLACES, PLACES), pixels in which the target may be.
    """
    n = len(windows)
    gain = responses(windows, weights)
    best = gain.argmax(1)
    steps = np.arange(-SEARCH, SEARCH + 1.0)
    x = steps - from_network[:, :1]
    y = steps - from_network[:, 1:]
    distance = (x * x)[:, None, :] + (y * y)[:, :, None]
    prior = (_FREEDOM + 2) * np.log1p(distance / (_FREEDOM * _NETWORK_STD**2))
    likely = np.where(allowed, gain.max(1) - prior, -np.inf).reshape(n, -1)
    place = likely.argmax(1)
    row, column = np.divmod(place, PLACES)
    width = best.reshape(n, -1)[np.arange(n), place]
    highest = gain.max(1)
    strength = np.sqrt(highest.reshape(n, -1))
    shift = np.stack([column, row], 1) - SEARCH
    strongest = strength[np.arange(n), place]
    clear = _is_clear(strength, shift, from_network)
    return Start(shift, _vertex(highest, row, column), _WIDTHS[width], strongest, clear)


def _vertex(
    gain: FloatArray, row: npt.NDArray[np.intp], column: npt.NDArray[np.intp]
) -> FloatArray:
    """(N, 2) px from a place to the vertex of the parabola through it and its neighbours."""
    number, last = np.arange(len(gain)), PLACES - 1
    here = gain[number, row, column]
    offset = np.empty((len(gain), 2))
    for axis, (down, across) in enumerate(((0, 1), (1, 0))):
        before = gain[number, np.maximum(row - down, 0), np.maximum(column - across, 0)]
        after = gain[number, np.minimum(row + down, last), np.minimum(column + across, last)]
        bend = np.maximum(2 * here - before - after, 1e-300)
        offset[:, axis] = 0.5 * (after - before) / bend
    return np.asarray(np.minimum(np.maximum(np.nan_to_num(offset), -0.5), 0.5))


def _is_clear(strength: FloatArray, shift: npt.NDArray[np.int64], xy: FloatArray) -> BoolArray:
    """bool (N,), False if a target is as far from the network's place ``xy`` as another one."""
    clear = np.ones(len(shift), bool)
    some = np.flatnonzero(np.linalg.norm(shift - xy, axis=1) > _FAR)
    if some.size:
        steps = np.arange(-SEARCH, SEARCH + 1)
        places = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
        apart = np.linalg.norm(places - shift[some, None], axis=2) > _APART
        rival = np.where(apart, strength[some], 0.0).max(1)
        clear[some] = rival < _RIVAL * strength[some].max(1)
    return clear
