"""The noise and the background around each point, measured in its surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.measuring.modes import (
    BACKGROUND,
    LEVEL_AND_SLOPES,
    WHITE,
    component_powers,
    cosines,
    weighted,
)
from irpoint.measuring.windows import BoolArray, FloatArray, Windows

BLOCK = 9  # px, side of the blocks around a point
_PLACES = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
_LEAST_PART = 0.3  # of a block that is not complete
_QUIET = 2  # rank of the block, from the quietest, that counts as quiet
_STEPS = 14  # of the fit of the components
_BRIGHT = 4.0  # times the power of the other blocks, from which a block counts less
_TINY = 1e-200  # counts², so that no noise is zero
_QUANTISATION = 1.0 / 12.0  # counts², variance of rounding to whole counts
_FLOAT_STEP = 1e-7  # relative rounding of a float32 frame
# White noise alone should not look like a little of everything: a background component costs this
# much log-likelihood per block if it is there at all, and nothing more however strong it is.
_PENALTY, _NEGLIGIBLE = 1.0, 0.01
# The modes of a background are not quite independent, so that a fit with independent modes has a
# larger variance than it believes. Calibrated by experiments.measuring.
_CORRELATION = 1.4
_LEAST = 1e-9  # of the power, so that no component is lost for good


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is around each point.

    Attributes:
        components: (N, COMPONENTS) variance of each component of noise and background, counts²,
            see :func:`irpoint.measuring.modes.component_powers`.
        spread: (N,) standard deviation of the surroundings, noise and clutter together, > 0.
        quiet: (N,) standard deviation of a pixel in the quieter blocks, without level and slopes.
    """

    components: FloatArray
    spread: FloatArray
    quiet: FloatArray

    def weights(self, size: int) -> FloatArray:
        """(N, size, size) inverse power of each mode of a window; 0 for level and slopes."""
        power = (self.components @ component_powers(size)).reshape(-1, size, size)
        some = weighted(size)
        return np.asarray(some / np.where(some > 0, power, 1.0))

    def put(self, index: npt.NDArray[np.intp], other: Surroundings) -> None:
        """Replace those of some points."""
        for name, values in vars(self).items():
            values[index] = getattr(other, name)

    @property
    def noise(self) -> FloatArray:
        """(N,) standard deviation of the noise of a pixel, > 0."""
        return np.asarray(np.sqrt(self.components[:, :BACKGROUND].sum(1)))


def reach(step: int) -> int:
    """Pixels on each side of a point that its blocks cover, if they are ``step`` px apart."""
    return step + BLOCK // 2


def measure_surroundings(
    windows: Windows, others: BoolArray | None, step: int, dtype: np.dtype[Any]
) -> Surroundings:
    """Measure noise and background in eight blocks around each point.

    A block with another target, or with pixels that show no scene, is left out. A block that is
    much brighter than the others counts less.

    Args:
        windows: windows of at least ``reach(step)`` pixels on each side.
        others: bool (N, S, S), pixels of other targets; None if there are none in the blocks.
        step: px between the middles of two blocks.
        dtype: type of the frame, of which integers have rounding noise.
    """
    scale = _scale(windows)
    blocks, share = _clean_blocks(windows, 1.0 / scale, others, step)
    known: BoolArray = share > 0
    rows, unit = _block_modes()
    modes = (blocks.reshape(-1, BLOCK * BLOCK) @ rows.T).reshape(*known.shape, -1)
    level = modes[:, :, 0] / BLOCK
    power = np.square(modes)
    square = power.mean(2, dtype=np.float64)
    power = power[:, :, LEVEL_AND_SLOPES:]
    if not (share == known).all():
        power = power / np.where(known, share, 1.0)[:, :, None].astype(np.float32)
    floor = _floor(windows, dtype) / scale**2
    mean = _without_bright_blocks(power, known, floor)
    components = fit_components(mean, unit).astype(np.float64)
    components[:, WHITE] = np.maximum(components[:, WHITE], floor)
    spread = np.maximum(_variance(level, square, known), components[:, WHITE])
    calm = np.sort(np.where(known, power.mean(2), np.inf), axis=1)[:, _QUIET]
    quiet = np.where(np.isfinite(calm), np.maximum(calm, components[:, WHITE]), spread)
    return Surroundings(
        components * scale[:, None] ** 2, np.sqrt(spread) * scale, np.sqrt(quiet) * scale
    )


def _scale(windows: Windows) -> FloatArray:
    """(N,) counts that make the windows numbers of about 1, which float32 can square."""
    scale = np.sqrt(np.einsum("nij,nij->n", windows.values, windows.values))
    return np.asarray(np.where(np.isfinite(scale) & (scale > 0), scale / windows.half, 1.0))


@lru_cache(maxsize=1)
def _block_modes() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Modes of a block (BLOCK², BLOCK²), level and slopes first, and the powers of the others."""
    basis = np.kron(cosines(BLOCK), cosines(BLOCK))
    order = np.argsort(weighted(BLOCK).ravel(), kind="stable")
    unit = component_powers(BLOCK)[:, order[LEVEL_AND_SLOPES:]]
    return basis[order].astype(np.float32), unit.astype(np.float32)


def _clean_blocks(
    windows: Windows, gain: FloatArray, others: BoolArray | None, step: int
) -> tuple[npt.NDArray[np.float32], FloatArray]:
    """Blocks (N, 8, BLOCK, BLOCK) times ``gain``, and the share of each that is background (N, 8).

    Where no block is complete, parts of blocks must do, even parts with other targets in them.
    """
    values = np.empty((len(gain), len(_PLACES), BLOCK, BLOCK), np.float32)
    for number, block in enumerate(_blocks(windows.values, step)):
        np.multiply(block, gain[:, None, None], out=values[:, number], casting="same_kind")
    if windows.valid.all() and (others is None or not others.any()):
        return values, np.ones(values.shape[:2])
    valid: BoolArray = np.stack(_blocks(windows.valid, step), 1)
    clean: BoolArray = valid if others is None else valid & ~np.stack(_blocks(others, step), 1)
    share: FloatArray = np.asarray(clean.all((2, 3)), np.float64)
    for part in (clean, valid):
        lost = np.flatnonzero(~share.any(1))
        if not lost.size:
            break
        values[lost] = np.where(part[lost], values[lost], 0.0)
        fraction = part[lost].mean((2, 3))
        share[lost] = np.where(fraction >= _LEAST_PART, fraction, 0.0)
    return values, share


def _blocks(windows: npt.NDArray[Any], step: int) -> list[npt.NDArray[Any]]:
    """Windows (N, S, S) → the blocks around their middle (N, BLOCK, BLOCK)."""
    first = windows.shape[1] // 2 - BLOCK // 2
    corners = [(first + y * step, first + x * step) for y, x in _PLACES]
    return [windows[:, y : y + BLOCK, x : x + BLOCK] for y, x in corners]


def _without_bright_blocks(
    power: npt.NDArray[np.float32], known: BoolArray, floor: FloatArray
) -> npt.NDArray[np.float32]:
    """Mean power of the modes (N, M) of all known blocks (N, 8), hardly affected by bright ones."""
    least = np.asarray(1e-3 * floor, np.float32)[:, None]
    share = (known / np.maximum(known.sum(1, keepdims=True), 1)).astype(np.float32)
    plain = (share[:, None] @ power)[:, 0] + least
    relative = (power @ (1.0 / plain)[:, :, None])[:, :, 0]
    usual = _median(relative, known)
    excess = np.nan_to_num(relative / (_BRIGHT * usual)[:, None], posinf=0.0)
    weight = known / np.square(np.maximum(1.0, excess))
    weight /= np.maximum(weight.sum(1, keepdims=True), 1e-300)
    mean: npt.NDArray[np.float32] = (weight.astype(np.float32)[:, None] @ power)[:, 0] + least
    lost = ~known.any(1)
    mean[lost] = floor[lost, None]
    return mean


def _median(values: FloatArray, known: BoolArray) -> FloatArray:
    """(N,) median of the known values (N, B) of each row; infinite if none is known."""
    ordered = np.sort(np.where(known, values, np.inf), axis=1)
    middle = np.maximum(known.sum(1) - 1, 0)
    number = np.arange(len(values))
    return np.asarray(0.5 * (ordered[number, middle // 2] + ordered[number, (middle + 1) // 2]))


def _variance(level: FloatArray, square: FloatArray, known: BoolArray) -> FloatArray:
    """(N,) variance of the pixels of the known blocks, of which mean and mean square are given."""
    share = known / np.maximum(known.sum(1, keepdims=True), 1)
    variance = (square * share).sum(1) - (level * share).sum(1) ** 2
    return np.asarray(np.maximum(variance, 0.0))


def fit_components(
    power: npt.NDArray[np.floating[Any]], unit: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.floating[Any]]:
    """The most likely variances (N, K) >= 0 of the components, from the powers of modes (N, M).

    The power of a mode of Gaussian noise is its expectation times a chi-squared variable. The
    likelihood is maximised by multiplicative steps (Févotte, Bertin and Durrieu, Neural Computation
    21(3), 2009, section 3).

    Args:
        power: mean powers of the modes.
        unit: (K, M) powers of the modes for a variance of 1.
    """
    total = power.mean(1, keepdims=True)
    scale = unit.mean(1)
    variance = np.repeat(total / len(unit), len(unit), 1) / scale
    penalty = np.where(np.arange(len(unit)) >= BACKGROUND, _PENALTY, 0.0).astype(unit.dtype)
    small = _NEGLIGIBLE * total / scale
    for _ in range(_STEPS):
        inverse = 1 / (variance @ unit + _LEAST * total)
        cost = inverse @ unit.T + penalty / (variance + small)
        variance *= (power * inverse * inverse) @ unit.T / cost
    variance[:, BACKGROUND:] *= _CORRELATION
    return np.asarray(variance)


def _floor(windows: Windows, dtype: np.dtype[Any]) -> FloatArray:
    """(N,) least variance that the numbers of a frame can show."""
    if dtype.kind != "f":
        return np.full(len(windows.offset), _QUANTISATION)
    largest = np.abs(windows.values).max((1, 2), initial=0.0)
    step = _FLOAT_STEP * np.maximum(np.abs(windows.offset), largest)
    return np.asarray(np.maximum(step**2 * _QUANTISATION, _TINY))
