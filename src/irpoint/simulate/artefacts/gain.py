"""Automatic gain control to 8 bits, as cameras do it: global, and local with visible detail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

from irpoint.simulate.artefacts.canvas import Frame, Mask, Rails
from irpoint.simulate.artefacts.settings import Agc, Artefacts

Bins = npt.NDArray[np.int64]
Curve = npt.NDArray[np.float32]

_MAX_BINS = 65_536
_FLOAT_BINS = 4096
# Detail is what a box of this size, applied twice, takes away. It is added up to this multiple of
# its mean, so that bad pixels do not get a wide seam.
_DETAIL_SIZE = 5
_DETAIL_LIMIT = 8.0
# Local gain control: tiles along each side, bins of a tile, and the limit of a bin over their mean.
_TILES = 8
_TILE_BINS = 1024
_TILE_LIMIT = 2.5


def gain_control(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Any frame → uint8. Pixels that are not finite become black."""
    assert settings.agc is not None
    bins, count = _binned(_sharpened(frame, settings.agc_detail) if settings.agc_detail else frame)
    if settings.agc == "local":
        output = _grey_levels(_local(*_common(bins, count)))
    else:
        histogram = np.bincount(bins.ravel(), minlength=count)
        output = _grey_levels(_CURVES[settings.agc](histogram, settings))[bins]
    if frame.dtype.kind == "f":
        output[~np.isfinite(frame)] = 0
    return output, np.zeros(frame.shape, bool)


def _grey_levels(values: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _sharpened(frame: Frame, amount: float) -> Frame:
    """Unsharp masking, with the dark and bright seams that detail enhancement leaves at edges."""
    finite = frame if frame.dtype.kind != "f" else np.nan_to_num(frame, posinf=0, neginf=0)
    scene = finite.astype(np.float32)
    size = min(_DETAIL_SIZE, *frame.shape)
    smooth = uniform_filter(uniform_filter(scene, size, mode="nearest"), size, mode="nearest")
    detail = scene - smooth
    limit = np.float32(_DETAIL_LIMIT) * np.abs(detail[::4, ::4]).mean()
    sharp = scene + np.float32(amount) * np.clip(detail, -limit, limit)
    return np.asarray(sharp if frame.dtype.kind == "f" else np.rint(sharp).astype(np.int64))


def _binned(frame: Frame) -> tuple[Bins, int]:
    """Bin of each pixel and number of bins. For integers that span little, a bin is a count."""
    if frame.dtype.kind in "ui":
        lowest, span = int(frame.min()), int(frame.max()) - int(frame.min())
        if span < _MAX_BINS:
            return frame.astype(np.int64) - lowest, span + 1
    finite = np.isfinite(frame)
    if not finite.any():
        return np.zeros(frame.shape, np.int64), 1
    low, high = (float(side(frame[finite])) for side in (np.min, np.max))
    scaled = (np.where(finite, frame, low) - low) / ((high - low) or 1.0)
    return (scaled * (_FLOAT_BINS - 1)).astype(np.int64), _FLOAT_BINS


def _common(bins: Bins, count: int) -> tuple[Bins, int]:
    """Fewer bins, over all but a thousandth of the pixels at each end."""
    total = np.cumsum(np.bincount(bins.ravel(), minlength=count))
    low, high = (int(np.searchsorted(total, share * bins.size)) for share in (0.001, 0.999))
    span = max(high - low + 1, 1)
    kept = np.clip(bins - low, 0, span - 1)
    return (kept, span) if span <= _TILE_BINS else (kept * _TILE_BINS // span, _TILE_BINS)


def _stretched(histogram: Bins, tail: float, settings: Artefacts) -> npt.NDArray[np.float64]:
    """A straight curve between two percentiles, about a middle grey."""
    total = np.cumsum(histogram) / histogram.sum()
    low = int(np.searchsorted(total, tail, side="right"))
    high = max(int(np.searchsorted(total, 1.0 - tail)), low)
    slope = min(255.0 / max(high - low, 1), settings.agc_gain)
    middle = (low + high) / 2
    return np.asarray(127.5 + slope * (np.arange(len(histogram)) - middle))


def _equalised(histogram: Bins, limit: float, settings: Artefacts) -> npt.NDArray[np.float64]:
    """Grey levels in proportion to the pixels of a bin, up to ``limit`` of them."""
    share = np.minimum(histogram, max(limit, 1.0))
    steps = np.minimum(255.0 * share / share.sum(), settings.agc_gain)
    curve = np.cumsum(steps) - steps / 2
    return np.asarray(curve + (255.0 - steps.sum()) / 2)


_CURVES: dict[Agc, Callable[[Bins, Artefacts], npt.NDArray[np.float64]]] = {
    "linear": lambda histogram, settings: _stretched(histogram, 0.0, settings),
    "percentile": lambda histogram, settings: _stretched(histogram, settings.agc_tail, settings),
    "histogram": lambda histogram, settings: _equalised(histogram, np.inf, settings),
    "plateau": lambda histogram, settings: _equalised(
        histogram, settings.agc_plateau * histogram.sum(), settings
    ),
}


def _local(bins: Bins, count: int) -> Curve:
    """Contrast-limited equalisation of each tile; a pixel interpolates between four tiles.

    Source: K. Zuiderveld, Contrast limited adaptive histogram equalization, Graphics Gems IV, 1994.
    """
    places = [_tiles(side) for side in bins.shape]
    tiles = places[0][0], places[1][0]
    down, right = (np.arange(side) * n // side for side, n in zip(bins.shape, tiles, strict=True))
    tile = down[:, None] * tiles[1] + right[None, :]
    histogram = np.bincount((tile * count + bins).ravel(), minlength=tiles[0] * tiles[1] * count)
    share = histogram.reshape(-1, count).astype(np.float64)
    limit = np.maximum(_TILE_LIMIT * share.mean(axis=1, keepdims=True), 1.0)
    excess = np.maximum(share - limit, 0.0).sum(axis=1, keepdims=True)
    share = np.minimum(share, limit) + excess / count
    curves = 255.0 * (np.cumsum(share, axis=1) - share / 2) / share.sum(axis=1, keepdims=True)
    flat = curves.astype(np.float32).ravel()
    result = np.zeros(bins.shape, np.float32)
    for row, row_weight in places[0][1]:
        for column, column_weight in places[1][1]:
            first = (row[:, None] * tiles[1] + column[None, :]) * count
            result += flat[first + bins] * (row_weight[:, None] * column_weight[None, :])
    return result


def _tiles(side: int) -> tuple[int, list[tuple[Bins, Curve]]]:
    """Number of tiles along a side; for each pixel the two nearest tiles and their weights."""
    count = max(1, min(_TILES, side // 16))
    at = np.clip((np.arange(side) + 0.5) * count / side - 0.5, 0, count - 1)
    before = np.floor(at).astype(np.int64)
    weight = (at - before).astype(np.float32)
    return count, [(before, 1 - weight), (np.minimum(before + 1, count - 1), weight)]
