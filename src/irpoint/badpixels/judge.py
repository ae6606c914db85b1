"""Which pixels are bad, by what was counted over a sequence.

Five signs, each of which is enough:

* in at least half of the frames, a pixel is far too high, or far too low, for its surroundings;
* it is at an end of the range in at least half of the frames, and its surroundings are not;
* in some frames, it differs from its four neighbours more than the image of a point can;
* on average over the frames, it differs from its neighbours far more than other pixels do;
* it changes from frame to frame far less than its surroundings, and less than any good pixel does.

If the scene does not move, a detail of the scene can give the first and the fourth sign. They then
do not count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.badpixels.kinds import BadPixel
from irpoint.badpixels.ring import sorted_ring
from irpoint.badpixels.statistics import MAX_CLUSTER, PixelStatistics

Image = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_MOST = 0.5  # of the frames
_SPIKES = 3  # frames with a spike, at least, and fraction of the frames:
_SPIKES_MOVING, _SPIKES_STILL = 0.025, 0.1  # sharp details of a still scene may look like spikes
_OUTLIER = 16.0  # robust standard deviations of the mean difference; good pixels reach 12
_BLOCK = 32  # pixels; where this deviation is measured
_LINE = 31  # pixels; an edge of the scene or a column of the detector is straight over this length
_QUIET = 0.4  # change of a stuck pixel over that of others, at most
_CERTAINTY = 5.0  # standard deviations by which a change has to be smaller
_RIGHT = 0.05  # fraction of the frames in which a blinking pixel is right, at least
_FLOOR = 2.0  # percentile of changes below which no good pixel is
_MIN_FOREIGN = 0.1  # fraction of the frames in which a pixel that shows no scene is seen as such


def find_foreign_areas(seen: PixelStatistics) -> Mask:
    """Pixels (H, W) that show no scene, such as telemetry and overlays; not single bad pixels."""
    often = seen.foreign > _MIN_FOREIGN * max(seen.frames, 1)
    if not often.any():
        return np.asarray(often)
    areas, _ = ndimage.label(often, np.ones((3, 3)))
    large = np.bincount(areas.ravel()) > MAX_CLUSTER
    large[0] = False
    shown = large[areas]
    # Between the strokes of a text, and at its smooth edges, there is no scene to compare with.
    shown |= ndimage.binary_closing(shown, np.ones((5, 5)))
    return np.asarray(ndimage.binary_dilation(shown))


def judge(seen: PixelStatistics, *, still: bool) -> npt.NDArray[np.uint8]:
    """The kind of each pixel: uint8 (H, W) of :class:`BadPixel`.

    Args:
        seen: what was counted.
        still: whether the scene does not move.
    """
    half = _MOST * max(seen.frames, 1)
    quiet = _quiet(seen)
    foreign = find_foreign_areas(seen)
    mean = _outlying(seen.total / np.float32(max(seen.frames, 1)), foreign)
    bad = quiet | (np.maximum(seen.pinned_low, seen.pinned_high) >= half)
    share = _SPIKES_STILL if still else _SPIKES_MOVING
    bad |= seen.spikes >= max(share * seen.frames, _SPIKES)
    if not still:
        bad |= np.maximum(seen.high, seen.low) >= half
        # Next to bad pixels, good ones differ from their neighbours, too.
        bad |= (np.abs(mean) > _OUTLIER) & ~ndimage.binary_dilation(bad, np.ones((3, 3)))
    bad &= ~foreign
    return _kinds(bad, quiet, mean, seen)


def _kinds(bad: Mask, quiet: Mask, mean: Image, seen: PixelStatistics) -> npt.NDArray[np.uint8]:
    """Kinds of bad pixels, by the first rule that applies."""
    half = _MOST * seen.frames
    rules = (
        ((seen.pinned_low >= half) | ((seen.low >= half) & (seen.high == 0)), BadPixel.DEAD),
        (seen.pinned_high >= half, BadPixel.HOT),
        (quiet & (seen.high < half), BadPixel.STUCK),
        (~quiet & (seen.right >= _RIGHT * seen.frames), BadPixel.BLINKING),
        (mean > 0, BadPixel.HOT),
    )
    kinds = np.select([rule for rule, _ in rules], [kind for _, kind in rules], BadPixel.DEAD)
    return np.where(bad, kinds, BadPixel.GOOD).astype(np.uint8)


def _quiet(seen: PixelStatistics) -> Mask:
    """Pixels that change far less than others."""
    changes = np.where(seen.changes > 0, seen.moved / np.maximum(seen.changes, 1), np.nan)
    known = seen.changes >= _MOST * max(seen.frames - 1, 1)
    # Pixels that are at an end of the range most of the time do not count, here or as neighbours.
    filled = np.where(known, changes, np.float32(np.inf)).astype(np.float32)
    ring = sorted_ring(filled)[3]
    measured = ring[np.isfinite(ring) & (ring > 0)]
    if not measured.size:
        return np.zeros(seen.shape, bool)
    limit = _less(seen.changes)
    floor = np.percentile(measured, _FLOOR)
    return np.asarray(known & np.isfinite(ring) & (filled < limit * np.minimum(ring, floor)))


def _less(changes: npt.NDArray[np.uint32]) -> npt.NDArray[np.float64]:
    """Below which ratio to its expectation a sum of squared changes is too small to be noise.

    The approximation of the chi-squared distribution by Wilson and Hilferty (1931). Two of three
    changes are independent, as each frame is in two of them.
    """
    freedom = np.maximum(changes, 1) * (2 / 3)
    spread = 2 / (9 * freedom)
    root = np.maximum(1 - spread - _CERTAINTY * np.sqrt(spread), 0)
    return np.asarray(np.minimum(root**3, _QUIET))


def _outlying(mean: Image, foreign: Mask) -> Image:
    """Mean differences without straight lines, in robust deviations of their surroundings."""
    mean = np.where(foreign, 0, mean)
    for size in ((1, _LINE), (_LINE, 1)):
        mean = mean - ndimage.median_filter(mean, size, mode="nearest")
    height, width = mean.shape
    size_of = np.abs(mean)
    if not foreign.all():
        size_of[foreign] = np.median(size_of[~foreign])
    padded = np.pad(size_of, ((0, -height % _BLOCK), (0, -width % _BLOCK)), mode="symmetric")
    tall, wide = padded.shape[0] // _BLOCK, padded.shape[1] // _BLOCK
    blocks = padded.reshape(tall, _BLOCK, wide, _BLOCK)
    spread = 1.4826 * np.median(blocks, axis=(1, 3))
    spread = np.maximum(spread, max(float(np.median(spread)) / 4, 1e-3))
    each = np.repeat(np.repeat(spread, _BLOCK, 0), _BLOCK, 1)[:height, :width]
    return np.asarray(mean / each, dtype=np.float32)
