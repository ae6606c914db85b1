"""Where to start: the best nearby place of a target, by matched filters of several widths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from irpoint.measuring.metric import white
from irpoint.measuring.windows import FloatArray
from irpoint.psf import gaussian_profiles

SEARCH = 3  # px around the network's place
HALF = 4  # px on each side of the middle of a template
_WIDTHS = np.array([0.6, 1.0, 1.5, 2.2])  # px
_NETWORK_STD = 1.0  # px per axis, of the network's place


@dataclass(frozen=True, eq=False)
class Start:
    """Places from which the fits start.

    Attributes:
        shift: int (N, 2), whole pixels from the middle of the window to the target.
        width: (N,) width of the template that fits best.
        flux: (N,) integrated signal of this template.
    """

    shift: npt.NDArray[np.int64]
    width: FloatArray
    flux: FloatArray


@lru_cache(maxsize=1)
def _templates() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Matched filters (places, widths, pixels), their gains (widths,), and the places (·, 2)."""
    zero = np.zeros(len(_WIDTHS))
    share = gaussian_profiles(zero, _WIDTHS, HALF)[0]
    images = (share[:, :, None] * share[:, None, :]).reshape(len(_WIDTHS), -1)
    filters = images @ white(HALF)
    gain = 1.0 / np.sqrt(np.einsum("kp,kp->k", filters, images))
    size = 2 * (SEARCH + HALF) + 1
    steps = np.arange(-SEARCH, SEARCH + 1)
    places = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    bank = np.zeros((len(places), len(_WIDTHS), size, size))
    side = 2 * HALF + 1
    for number, (x, y) in enumerate(places + SEARCH):
        bank[number, :, y : y + side, x : x + side] = (filters * gain[:, None]).reshape(
            -1, side, side
        )
    return bank.reshape(-1, size * size), np.asarray(gain), places.astype(np.float64)


def find_start(
    values: FloatArray, from_network: FloatArray, allowed: npt.NDArray[np.bool_]
) -> Start:
    """Find where a target stands out most, not too far from the network's place.

    Args:
        values: (N, S, S) windows in units of the noise, S = 2·(SEARCH + HALF) + 1.
        from_network: (N, 2) px from the middle of the window to the network's place.
        allowed: bool (N, (2·SEARCH + 1)²), pixels in which the target may be, row by row.
    """
    bank, gain, places = _templates()
    response = (values.reshape(len(values), -1) @ bank.T).reshape(
        len(values), len(places), len(_WIDTHS)
    )
    best = response.argmax(2)
    strength = np.take_along_axis(response, best[:, :, None], 2)[:, :, 0]
    distance = ((places - from_network[:, None]) ** 2).sum(2) / _NETWORK_STD**2
    likely = 0.5 * (np.maximum(strength, 0.0) ** 2 - distance)
    likely[~allowed] = -np.inf
    place = likely.argmax(1)
    number = np.arange(len(values))
    width = best[number, place]
    flux = strength[number, place] * gain[width]
    return Start(places[place].astype(np.int64), _WIDTHS[width], flux)
