"""Move imprecise labels, such as the centres of boxes, to the target next to them."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Collection, Iterable

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.datasets import LabelledFrame
from irpoint.errors import IrpointWarning, SettingsError
from irpoint.frames.scene import read_scene
from irpoint.points import Points

Image = npt.NDArray[np.float32]

REACH = 8.0  # px, maximum distance from a label to its target
_LABEL_SIGMA = 4.0  # px, usual distance; nearer targets are preferred
_SIGMAS = (1.0, 1.6, 2.5, 4.0)  # px, widths of the targets that are searched for
_RATIO = 1.6  # of the two Gaussians of a filter
_MIN_CONTRAST = 4.0  # deviations of the filtered surroundings that a target exceeds
_SURROUNDINGS = 24  # px around a label in which they are measured
_STEPS = 8  # of a centroid


def recentred(frames: Iterable[LabelledFrame], datasets: Collection[str]) -> list[LabelledFrame]:
    """Move the labels of some datasets to the bright target next to each.

    A target is a maximum of a difference of Gaussians, at one of four widths, that stands out from
    its surroundings. The label moves to the centre of its intensity.

    Args:
        frames: labelled frames.
        datasets: names of the datasets whose labels are moved.

    Returns:
        The frames. Frames with a label without a target within :data:`REACH` are left out, because
        they would teach that the label's place is a target, or that its target is background.

    Raises:
        FrameError: if a frame cannot be read.
        SettingsError: if no frame is of a dataset that is named.

    Warns:
        IrpointWarning: with the number of frames that are left out.
    """
    frames = list(frames)
    unknown = sorted(set(datasets) - {frame.dataset for frame in frames})
    if unknown:
        known = ", ".join(sorted({frame.dataset for frame in frames}))
        raise SettingsError(
            f"setting recentre: no frame of dataset {unknown[0]!r}; loaded are {known}"
        )
    moved = [_moved(frame) if frame.dataset in datasets else frame for frame in frames]
    kept = [frame for frame in moved if frame is not None]
    if len(kept) < len(frames):
        warnings.warn(
            f"{len(frames) - len(kept)} of {len(frames)} frames are left out: a label has no "
            f"target within {REACH:g} px",
            IrpointWarning,
            stacklevel=2,
        )
    return kept


def _moved(frame: LabelledFrame) -> LabelledFrame | None:
    if not len(frame.points):
        return frame
    counts = read_scene(frame.read()).counts
    places = [target_near(counts, (float(x), float(y))) for x, y in frame.points.xy]
    found = [place for place in places if place is not None]
    xy = np.array(found)
    if len(found) < len(places) or len(np.unique(xy.round(), axis=0)) < len(xy):
        return None  # also if two labels moved to one target
    return dataclasses.replace(frame, points=Points.labels(xy))


def target_near(counts: Image, xy: tuple[float, float]) -> tuple[float, float] | None:
    """The centre of the bright target nearest to a label, in pixels; None if there is none.

    Args:
        counts: float32 (H, W).
        xy: the label in pixels.
    """
    pad = _SURROUNDINGS + round(3 * _RATIO * _SIGMAS[-1])
    left, top = max(round(xy[0]) - pad, 0), max(round(xy[1]) - pad, 0)
    window = counts[top : round(xy[1]) + pad + 1, left : round(xy[0]) + pad + 1]
    rows, columns = np.indices(window.shape)
    distance = np.hypot(columns - (xy[0] - left), rows - (xy[1] - top))
    likely = np.where(distance <= REACH, np.exp(-((distance / _LABEL_SIGMA) ** 2) / 2), 0)
    around = (distance > REACH + 4) & (distance <= _SURROUNDINGS)
    best, place = 0.0, None
    for sigma in _SIGMAS:
        response = ndimage.gaussian_filter(window, sigma, mode="nearest")
        response -= ndimage.gaussian_filter(window, _RATIO * sigma, mode="nearest")
        noise = max(float(response[around].std()), 1e-6) if around.any() else 1.0
        peaks = (response == ndimage.maximum_filter(response, 3)) & (distance <= REACH)
        contrast = np.where(peaks & (response > _MIN_CONTRAST * noise), response / noise, 0)
        weighted = contrast * likely
        if weighted.max() > best:
            best = float(weighted.max())
            row, column = np.unravel_index(weighted.argmax(), weighted.shape)
            place = _centroid(window, (float(column), float(row)), sigma)
    return None if place is None else (place[0] + left, place[1] + top)


def _centroid(window: Image, peak: tuple[float, float], sigma: float) -> tuple[float, float]:
    """Centre of the intensity above the background, in a Gaussian window that follows it.

    Returns the peak if the window moves further than the target is wide.
    """
    rows, columns = np.indices(window.shape)
    x, y = peak
    ring = np.hypot(columns - x, rows - y)
    around = window[(ring > 2.5 * sigma) & (ring <= 4 * sigma + 2)]
    level = np.median(around) + around.std() if around.size else 0.0  # above the noise
    weight = np.clip(window - level, 0, None)
    width = 1.5 * sigma
    for _ in range(_STEPS):
        share = weight * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * width**2))
        total = float(share.sum())
        if not total > 0:
            return peak
        # The window shortens the step to the centre; doubling it nearly compensates for that.
        x += 2 * float((share * columns).sum() / total - x)
        y += 2 * float((share * rows).sum() / total - y)
        if np.hypot(x - peak[0], y - peak[1]) > 1 + sigma:
            return peak
    return x, y
