"""Areas, rectangles and text that were drawn over a scene, found by their value.

A value is a candidate if many pixels have exactly this value, and few a value near it. An area of
that value was drawn if it has a form that no target has, and ends abruptly: a scene that is clipped
at a value approaches it gradually.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.frames.arrays import Frame
from irpoint.frames.levels import MIN_INTEGER_SPAN, Mask, above_least, sample_step

# A candidate: at least this fraction of all pixels, and far more than values near it have. More
# than the maximum is never drawn: a clipped night sky, for example, is scene.
_MIN_FRACTION, _MAX_FRACTION = 3e-4, 0.4
_MAX_REMOTE_FRACTION = 0.95  # of a value that may mean "no data", as at the rim of a mosaic
_SPIKE = 6.0
_NEAR = 8  # bins on either side
_BINS = 4096  # of frames whose values are not integers of up to 16 bits
_MAX_CANDIDATES = 6
# Lossy compression spreads the value of text in 8-bit frames over this number of counts.
_COMPRESSED, _COMPRESSED_SPIKE = 10, 2.0
_CORE = 0.2  # fraction of a form that has the value; the rest are its smoothed edges

# Forms, in pixels. Targets may be as bright as text, but none is as large as an area or as long as
# a line of a reticle, and no group of them forms a line of text.
_LONG = 24
_AREA = 400
# Beside an area without data, spots of its value of this size, or this many, are without data too.
_FRAGMENT, _FRAGMENTS = 25, 20
_REMOTE = 10.0  # times the span of the scene from it, as a value for "no data" is
_FILLED = 0.9  # of the bounding box of a rectangle, to which stray pixels of the scene may belong
_THICK = 5  # a stroke contains no square of this side
_GLYPH = 6  # height or width of the smallest letter
_GLYPHS = 4  # fewer letters are not text
_LETTER_SPACING = 6
_MARGIN = 2  # above and below a line of text
_ABRUPT = 0.6  # fraction of the pixels around a form that are scene

_SQUARE = np.ones((3, 3), bool)


class Candidate(NamedTuple):
    """A value that many pixels have.

    Attributes:
        low, high: range of the value; the same if it is exact.
        edge: pixels beyond the range, by up to this difference, are smoothed edges of a form.
        scene: pixels that differ by more than this are scene.
        remote: whether the value is so far from the scene that it may mean "no data".
        below: whether it is also below the scene. No bright target has such a value, and a sky that
            is clipped at 0 is not so far from the scene.
    """

    low: float
    high: float
    edge: float
    scene: float
    remote: bool = False
    below: bool = False


def find_overlaid(frame: Frame) -> Mask | None:
    """Find areas, rectangles, text and reticles that were drawn over the scene.

    Args:
        frame: (H, W), any integer or float type.

    Returns:
        bool (H, W), True for their pixels; None if there are none.
    """
    step = sample_step(frame.shape)
    sample = frame[::step, ::step].ravel()
    if sample.dtype.kind == "f":
        sample = sample[np.isfinite(sample)]
    if sample.size < 2:
        return None
    found = np.zeros(frame.shape, bool)
    with np.errstate(over="ignore"):  # a "no data" value may be as large as the type allows
        for value in _candidates(sample):
            core = (frame >= value.low) & (frame <= value.high)
            box = bounding_box(core, _LONG)  # to save time
            if value.below:
                found |= core
            if value.low == value.high:  # compression leaves no area of one value
                found[box] |= _areas(frame[box], core[box], value)
            found[box] |= _strokes(frame[box], core[box], value)
    return found if found.any() else None


def bounding_box(mask: Mask, margin: int) -> tuple[slice, slice]:
    """Rows and columns of a mask (H, W) that contain all its True pixels, and a margin around."""
    box = []
    for axis in (1, 0):
        inside = np.flatnonzero(mask.any(axis=axis))
        first, last = (inside[0], inside[-1]) if inside.size else (0, -1)
        box.append(slice(max(0, int(first) - margin), int(last) + 1 + margin))
    return box[0], box[1]


def _candidates(sample: Frame) -> list[Candidate]:
    """The values that many of the sampled pixels (N,) have."""
    ranges = [(value, value) for value in _repeated_values(sample)]
    ranges += _compressed_extremes(sample)
    if not ranges:
        return []
    drawn = np.zeros(sample.shape, bool)
    for low, high in ranges:
        drawn |= (sample >= low) & (sample <= high)
    rest = sample[~drawn]
    if not rest.size:
        return []
    bottom, dark, bright, top = (float(v) for v in np.percentile(rest, (1.0, 10.0, 90.0, 99.0)))
    span, chosen = max(top - bottom, 1e-30), []
    far = _REMOTE * max(span, MIN_INTEGER_SPAN if sample.dtype.kind in "ui" else 0.0)
    for low, high in ranges:
        gap = max(low - bright, dark - high)
        fraction = np.mean((sample >= low) & (sample <= high))
        if fraction > _MAX_FRACTION and dark - high <= far:  # a sky, or saturated
            continue
        if gap > 0.25 * span:
            remote = low == high and gap > far
            below = remote and high < dark
            chosen.append(Candidate(low, high, 0.5 * gap, 0.75 * gap, remote, below))
        elif low == high:  # a value inside the range of the scene
            chosen.append(Candidate(low, high, 0.0, 0.25 * span))
    return chosen


def _repeated_values(sample: Frame) -> list[float]:
    """Exact values of many pixels, the most frequent first."""
    bins, counts = _histogram(sample)
    spikes = _is_candidate(counts, sample.size) & (counts >= _SPIKE * _most_nearby(counts))
    chosen = np.flatnonzero(spikes)
    chosen = chosen[np.argsort(-counts[chosen])][:_MAX_CANDIDATES]
    values = []
    for index in chosen:
        members = sample[bins == index]
        value = members[members.size // 2]
        if np.mean(members == value) > 0.8:
            values.append(float(value))
    return values


def _most_nearby(counts: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The highest count among the _NEAR bins on either side of each bin, without its own."""
    bins = len(counts)
    highest = np.zeros(bins + 2 * _NEAR, counts.dtype)
    highest[_NEAR : _NEAR + bins] = counts
    length = 1
    while length < _NEAR:  # of `length` bins from each bin on; _NEAR is a power of two
        highest = np.maximum(highest[:-length], highest[length:])
        length *= 2
    return np.maximum(highest[:bins], highest[_NEAR + 1 : _NEAR + 1 + bins])


def _compressed_extremes(sample: Frame) -> list[tuple[float, float]]:
    """Ranges at either end of 8-bit values that many pixels have, as compressed text has."""
    if sample.dtype.itemsize > 1 and not (sample.dtype.kind == "f" and 1 < sample.max() <= 255):
        return []
    counts = np.bincount(np.clip(sample, 0, 255).astype(np.intp), minlength=256)
    ranges = []
    for order, sign in ((counts, 1), (counts[::-1], -1)):  # the darkest, then the brightest values
        first = int(np.searchsorted(np.cumsum(order), 0.5 * _MIN_FRACTION * sample.size))
        inside, next_to_it = (
            order[first + at : first + at + _COMPRESSED + 1].sum() for at in (0, _COMPRESSED + 1)
        )
        if _is_candidate(inside, sample.size) and inside >= _COMPRESSED_SPIKE * next_to_it:
            ends = (0.0, float(first + _COMPRESSED))
            ranges.append(ends if sign > 0 else (255.0 - ends[1], 255.0))
    return ranges


def _is_candidate(counts: Any, size: int) -> Any:
    return (counts >= max(20.0, _MIN_FRACTION * size)) & (counts < _MAX_REMOTE_FRACTION * size)


def _histogram(sample: Frame) -> tuple[npt.NDArray[Any], npt.NDArray[np.intp]]:
    """The bin of each sample, and the number of samples in each bin."""
    if sample.dtype.kind in "ui" and sample.dtype.itemsize <= 2:
        bins = above_least(sample)
        return bins, np.bincount(bins)
    few = sample[:: max(1, sample.size // 4096)]
    low, high = (float(v) for v in np.percentile(few, (2.0, 98.0)))
    margin = max(high - low, 1e-30)
    with np.errstate(over="ignore"):
        scaled = (sample.astype(np.float64) - (low - margin)) * (_BINS / (3 * margin))
    bins = np.clip(np.nan_to_num(scaled), 0, _BINS - 1).astype(np.int32)
    return bins, np.bincount(bins, minlength=_BINS)


def _areas(frame: Frame, equal: Mask, value: Candidate) -> Mask:
    """The areas of exactly one value that are rectangles or end abruptly."""
    labels, count = ndimage.label(equal, _SQUARE)
    size = np.bincount(labels.ravel(), minlength=count + 1)
    height, width = _sides(labels, count)
    drawn = (np.maximum(height, width) >= _LONG) & (size >= _AREA)
    if not drawn.any():
        return np.zeros(frame.shape, bool)
    rectangle = size >= _FILLED * height * width
    drawn &= rectangle | _is_abrupt(frame, labels, count, value)
    if value.remote and drawn.any():
        drawn |= (size >= _FRAGMENT) | (count >= _FRAGMENTS)
        drawn[0] = False
    smoothed = ndimage.maximum_filter(drawn[labels], 3) & ~_is_scene(frame, value)
    areas: Mask = drawn[labels] | smoothed
    return areas


def _strokes(frame: Frame, core: Mask, value: Candidate) -> Mask:
    """The lines of a reticle and the text, with their smoothed edges, that end abruptly."""
    whole = core
    if value.edge:
        whole = (frame >= value.low - value.edge) & (frame <= value.high + value.edge)
    labels, count = ndimage.label(whole, _SQUARE)
    size, inner = (np.bincount(labels[mask], minlength=count + 1) for mask in (whole, core))
    side = np.maximum(*_sides(labels, count))
    drawn = (side >= _GLYPH) & (inner >= _CORE * size)
    drawn[labels[ndimage.minimum_filter(whole, _THICK)]] = False
    if drawn.any():
        drawn &= _is_abrupt(frame, labels, count, value)
    strokes: Mask = _text(labels, drawn)
    if (long := drawn & (side >= _LONG)).any():
        strokes |= ndimage.maximum_filter(long[labels], 3)
    return strokes


def _sides(labels: npt.NDArray[np.int32], count: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Height and width of the bounding box of each label; 0 for the background."""
    sides = np.zeros((2, count + 1), int)
    for index, box in enumerate(ndimage.find_objects(labels), 1):
        sides[:, index] = [part.stop - part.start for part in box]
    return sides[0], sides[1]


def _is_abrupt(frame: Frame, labels: npt.NDArray[np.int32], count: int, value: Candidate) -> Mask:
    """For which labels most of the pixels around them are scene."""
    # Two pixels away, because resampling smooths the next ones.
    around = ndimage.maximum_filter(labels, 5)
    around[ndimage.maximum_filter(labels, 3) > 0] = 0
    ring = np.flatnonzero(around)
    owner = around.ravel()[ring]
    scene = _is_scene(frame.ravel()[ring], value)
    total = np.bincount(owner, minlength=count + 1)
    abrupt: Mask = np.bincount(owner, scene, minlength=count + 1) >= _ABRUPT * total
    return abrupt & (total > 0)


def _is_scene(pixels: Frame, value: Candidate) -> Mask:
    least, most = value.low - value.scene, value.high + value.scene
    scene: Mask = (pixels < least) | (pixels > most)
    return scene


def _text(labels: npt.NDArray[np.int32], letter: Mask) -> Mask:
    """The area of lines of text, with the dots between the letters."""
    if np.count_nonzero(letter) < _GLYPHS:
        return np.zeros(labels.shape, bool)
    letters = letter[labels]
    rows, _ = ndimage.label(ndimage.maximum_filter1d(letters, 2 * _LETTER_SPACING + 1, axis=1))
    # The pairs of a row and one of its letters.
    members = np.unique(np.stack([rows[letters], labels[letters]]), axis=1)
    text = np.bincount(members[0], minlength=rows.max() + 1) >= _GLYPHS
    area: Mask = ndimage.maximum_filter1d(text[rows], 2 * _MARGIN + 1, axis=0)
    return area
