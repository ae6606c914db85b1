"""Snap a click to the target next to it, if one stands out."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from irpoint.measurement import Flag
from irpoint.measuring import measure
from irpoint.measuring.candidates import Candidates, find_candidates
from irpoint.measuring.centroid import measure_centroid
from irpoint.points import Points

Snap = Literal["off", "peak", "centroid"]
Contrast = Literal["bright", "dark", "either"]
FloatArray = npt.NDArray[np.float64]

REACH = 4.0  # px, maximum distance from a click to its target
_SIGNS: dict[Contrast, tuple[int, ...]] = {"bright": (1,), "dark": (-1,), "either": (1, -1)}
# The following were chosen on other frames than those of experiments/snapping.py.
_CLICK_STD = 1.0  # px per axis, of people's clicks around targets
_PLACED_STD = 0.7  # px per axis, of candidates and of clicks on the centre of a target
_NOTHING = 5.0  # evidence from which a target right at the click is more likely than nothing
_CENTRE_STD = 0.25  # widths per axis, by which people differ on the centre of an extended target
_SAME = 1.5  # px; a fit that ends farther from a candidate has found something else


class Snapped(NamedTuple):
    """Where a click goes.

    Attributes:
        x, y: position in frame pixels, inside the frame.
        found: whether a target stands out; if not, the position is that of the click.
    """

    x: float
    y: float
    found: bool


class _Place(NamedTuple):
    """A measured place (2,) in frame pixels, and its covariance (2, 2) in px²."""

    xy: FloatArray
    covariance: FloatArray


def snap_click(
    frame: npt.NDArray[Any], xy: tuple[float, float], how: Snap, contrast: Contrast = "bright"
) -> Snapped:
    """Find the target that a click refers to.

    A click tells the place of a target to about a pixel. The frame tells it better if the target
    stands out from noise and clutter. So a target is where its evidence in the frame and its
    nearness to the click make it most likely, and the result is the mean of its measured place and
    the click, weighted by their certainty. The click stays if no candidate is more likely than
    nothing and all others together, or if the target cannot be measured.

    Args:
        frame: (H, W) pixels of any numeric type.
        xy: the click in frame pixels.
        how: ``peak`` fits the profile of a point to the pixels, and takes the centroid of extended
            targets. ``centroid`` takes the centroid of every target, if all of it is visible.
            ``off`` keeps the click.
        contrast: whether targets are brighter or darker than their surroundings, or either.

    Returns:
        A position at most :data:`REACH` from the click.
    """
    last = np.array(frame.shape[::-1]) - 0.5
    click = np.clip(np.array(xy, np.float64), -0.5, last)
    place = None if how == "off" else _find(frame, click, how, contrast)
    if place is None or np.linalg.norm(place - click) > REACH:
        return Snapped(float(click[0]), float(click[1]), found=False)
    x, y = np.clip(place, -0.5, last).tolist()
    return Snapped(x, y, found=True)


def _find(
    frame: npt.NDArray[Any], click: FloatArray, how: Snap, contrast: Contrast
) -> FloatArray | None:
    """The most likely place (2,) of the target that a click refers to; None if there is none."""
    candidates = find_candidates(frame, (click[0], click[1]), REACH, _SIGNS[contrast])
    chosen = _most_likely(candidates, click)
    if chosen is None:
        return None
    candidate, dark = candidates.xy[chosen], bool(candidates.dark[chosen])
    place = _centroid(frame, candidate, dark) if how == "centroid" else None
    place = place or _measured(frame, candidate, click, dark)
    if place is None:
        return None
    prior = _CLICK_STD**2 * np.eye(2)
    return np.asarray(click + prior @ np.linalg.solve(prior + place.covariance, place.xy - click))


def _most_likely(candidates: Candidates, click: FloatArray) -> int | None:
    """The candidate that is more likely than nothing and all others together."""
    if not len(candidates.xy):
        return None
    away = ((candidates.xy - click) ** 2).sum(1) / (2 * _CLICK_STD**2)
    likely = candidates.evidence - away  # logarithms
    best = int(likely.argmax())
    others = np.logaddexp.reduce(np.append(np.delete(likely, best), _NOTHING))
    return best if likely[best] > others else None


def _measured(
    frame: npt.NDArray[Any], candidate: FloatArray, click: FloatArray, dark: bool
) -> _Place | None:
    """The place of the target at a candidate; None if it cannot be measured."""
    # A candidate may be the brightest spot of an extended target, far from its centre. People click
    # on the centre.
    for start in (candidate, click):
        found = measure(frame, _point(start, dark), fallback_std=_PLACED_STD)
        measured = found.measured
        assert measured is not None
        place = found.xy[0].astype(np.float64)
        if measured.has(Flag.UNMEASURED)[0]:
            continue
        if measured.has(Flag.EXTENDED)[0]:
            return _extended(place, measured.covariance[0], measured.width[0])
        if start is candidate and np.linalg.norm(place - candidate) <= _SAME:
            return _Place(place, measured.covariance[0])
    return None


def _centroid(frame: npt.NDArray[Any], candidate: FloatArray, dark: bool) -> _Place | None:
    found = measure_centroid(frame, _point(candidate, dark))
    return None if found is None else _extended(*found)


def _extended(xy: FloatArray, covariance: FloatArray, width: float) -> _Place:
    return _Place(xy, covariance + (_CENTRE_STD * width) ** 2 * np.eye(2))


def _point(xy: FloatArray, dark: bool) -> Points:
    return Points(xy[None].astype(np.float32), np.ones(1, np.float32), np.array([dark]))
