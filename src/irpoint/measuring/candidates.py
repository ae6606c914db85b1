"""What stands out near a place, and how clearly: candidates for targets, before any fit.

A candidate is a peak of a matched filter: the profile of a target, less the quadratic surface that
fits it best, so that slopes and gentle curves of the background have no effect. Its response is
divided by the spread of the same filter's responses around the place. Noise and clutter count as
they are there: a bright spot among many such spots does not stand out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.measuring.noise import measure_surroundings
from irpoint.measuring.spikes import find_spikes
from irpoint.measuring.windows import BoolArray, FloatArray, Windows, gather
from irpoint.psf import gaussian_profiles

IntArray = npt.NDArray[np.int64]

_PROFILES = {3: (0.45, 0.6, 0.85, 1.2), 6: (1.7,), 9: (2.6,)}  # half side of a filter: widths, px
_LARGEST = max(_PROFILES)
_SURROUNDINGS = 24  # px, radius in which noise and clutter are measured
_TARGET = 5  # px beyond the reach that a target may brighten
_STRIDE = 2  # px; responses of neighbouring pixels say nearly the same
_FEWEST = 30  # responses from which a spread can be measured
# Quantiles of absolute responses, and those of a normal distribution. The one that gives the
# largest spread counts: in clutter the outer ones do, and other targets do not reach them.
_QUANTILES = {0.5: 0.6745, 0.9: 1.6449, 0.95: 1.9600}
_STEP = 1e-6  # of the largest value, below which responses are rounding errors
_BLOCKS = 15  # px between the blocks in which the noise of a pixel is measured


@dataclass(frozen=True, eq=False)
class Candidates:
    """N places at which a target may be, the clearest first.

    Attributes:
        xy: (N, 2) frame pixels, to about half a pixel.
        evidence: (N,) logarithm of the likelihood with a target there over that without, > 0. It is
            half the square of the response in standard deviations of noise and clutter.
        dark: bool (N,), whether the target is darker than its surroundings.
    """

    xy: FloatArray
    evidence: FloatArray
    dark: BoolArray


def find_candidates(
    frame: npt.NDArray[Any], near: tuple[float, float], within: float, signs: Sequence[int] = (1,)
) -> Candidates:
    """Find the places near a place at which a target may be.

    Args:
        frame: (H, W) counts of any numeric type; values that are not finite are ignored.
        near: (x, y) in frame pixels, inside the frame.
        within: px from ``near``, at most 8.
        signs: 1 for bright targets, −1 for dark ones, or both.

    Returns:
        Every peak of the evidence, however weak; none if too little is around the place to measure
        noise and clutter.
    """
    xy = np.array([near], np.float32)
    windows = gather(frame, xy, np.zeros(1, bool), None, _SURROUNDINGS + _LARGEST)
    good = windows.valid & ~_spikes(windows, signs, frame.dtype)
    responses = _scaled_responses(windows, good, within, frame.dtype)
    evidence = [_evidence(sign * responses) for sign in signs]
    first = windows.centre[0] - responses.shape[0] // 2
    found = [_peaks(one, np.array(near) - first, within) for one in evidence]
    places = np.concatenate(found)
    number = np.repeat(np.arange(len(signs)), [len(peaks) for peaks in found])
    strength = np.stack(evidence)[number, places[:, 1], places[:, 0]]
    order = np.argsort(-strength, kind="stable")
    dark = np.array(signs)[number] < 0
    return Candidates(first + places[order] / 2.0, strength[order], dark[order])


def _spikes(windows: Windows, signs: Sequence[int], dtype: np.dtype[Any]) -> BoolArray:
    """bool (1, S, S), hot and dead pixels. A dark target is a dead pixel only among bright ones."""
    no_others = np.zeros(windows.valid.shape, bool)
    with np.errstate(all="ignore"):  # without contrast there is no noise to measure
        noise = measure_surroundings(windows, no_others, _BLOCKS, dtype).noise
    turned = [replace(windows, values=sign * windows.values) for sign in signs]
    return np.asarray(np.logical_and.reduce([find_spikes(one, noise) for one in turned]))


def _scaled_responses(
    windows: Windows, good: BoolArray, within: float, dtype: np.dtype[Any]
) -> FloatArray:
    """(n, n, F) responses around the middle pixel, in standard deviations of those around it."""
    values = _filled(windows.values[0], good[0])
    steps = np.arange(windows.half * 2 + 1) - windows.half
    rows, columns = np.meshgrid(steps, steps, indexing="ij")
    distance = np.hypot(rows, columns)
    around = (distance > within + _TARGET) & (distance <= _SURROUNDINGS) & windows.valid[0]
    around &= (rows + columns) % _STRIDE == 0
    spread = _spread(_respond(values, *np.nonzero(around)))
    least = np.sqrt(1 / 12) if dtype.kind in "biu" else _STEP * np.abs(values).max()
    half = int(np.ceil(within)) + 2
    inner = slice(windows.half - half, windows.half + half + 1)
    near = np.mgrid[inner, inner]
    found = _respond(values, *near.reshape(2, -1)) / np.maximum(spread, max(least, 1e-300))
    found[~windows.valid[0, inner, inner].ravel()] = 0.0
    return np.asarray(found.reshape(*near.shape[1:], -1))


def _filled(values: FloatArray, good: BoolArray) -> FloatArray:
    """The values (S, S), with the nearest good one for each that is not good."""
    if not good.any():
        return np.zeros_like(values)
    nearest = ndimage.distance_transform_edt(~good, return_distances=False, return_indices=True)
    return np.asarray(values[tuple(nearest)])


def _respond(values: FloatArray, rows: IntArray, columns: IntArray) -> FloatArray:
    """(n, F) responses of all filters at n pixels."""
    found = []
    for half, filters, _ in _bank():
        steps = np.arange(-half, half + 1)
        windows = values[rows[:, None, None] + steps[:, None], columns[:, None, None] + steps]
        found.append(windows.reshape(len(rows), (2 * half + 1) ** 2) @ filters)
    return np.concatenate(found, axis=1)


def _spread(responses: FloatArray) -> FloatArray:
    """(F,) standard deviation of responses (n, F); infinite if there are too few."""
    if len(responses) < _FEWEST:
        return np.full(responses.shape[1], np.inf)
    found = np.quantile(np.abs(responses), list(_QUANTILES), axis=0)
    return np.asarray((found / np.array(list(_QUANTILES.values()))[:, None]).max(0))


def _evidence(responses: FloatArray) -> FloatArray:
    """(2·n, 2·n) evidence for a target, every half pixel."""
    strength = 0.5 * np.maximum(responses, 0.0) ** 2
    result = np.zeros((2 * len(strength), 2 * len(strength)))
    phases = np.concatenate([phases for _, _, phases in _bank()])
    for right, down in np.unique(phases, axis=0):
        some = (phases == (right, down)).all(1)
        result[down::2, right::2] = strength[:, :, some].max(2)
    return result


def _peaks(evidence: FloatArray, near: FloatArray, within: float) -> IntArray:
    """(N, 2) columns and rows of the peaks of the evidence within reach of a place."""
    peak = (evidence > 0) & (evidence == ndimage.maximum_filter(evidence, 5, mode="nearest"))
    places = np.argwhere(peak)[:, ::-1]
    return np.asarray(places[np.linalg.norm(places / 2.0 - near, axis=1) <= within])


@lru_cache(maxsize=1)
def _bank() -> list[tuple[int, FloatArray, IntArray]]:
    """Half side, filters (P, f), and the half pixels (f, 2) from the middle to their targets."""
    bank = []
    for half, widths in _PROFILES.items():
        # A wide target has nearly the same response half a pixel away.
        steps = (0, 1) if half == min(_PROFILES) else (0,)
        kinds = [(right, down, width) for right in steps for down in steps for width in widths]
        right, down, width = np.array(kinds).T
        across, below = (gaussian_profiles(at / 2, width, half)[0] for at in (right, down))
        images = below[:, :, None] * across[:, None, :]
        phases = np.stack([right, down], 1).astype(np.int64)
        bank.append((half, _without_surface(images, half).T, phases))
    return bank


def _without_surface(images: FloatArray, half: int) -> FloatArray:
    """Images (f, S, S) less the quadratic surface that fits best, as filters (f, S²)."""
    steps = np.arange(-half, half + 1.0)
    x, y = (axis.ravel() for axis in np.meshgrid(steps, steps))
    surface, _ = np.linalg.qr(np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], 1))
    filters = images.reshape(len(images), -1)
    filters = filters - filters @ surface @ surface.T
    return np.asarray(filters / np.linalg.norm(filters, axis=1, keepdims=True))
