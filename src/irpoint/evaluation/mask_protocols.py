"""The mask protocols: blobs of a heat map against blobs of a mask, as in segmentation papers.

The heat map is thresholded: a pixel above the threshold belongs to a blob. Blobs and targets are
8-connected components. ``mask`` pairs a target with the first free blob whose centroid is *less*
than three pixels away. ``mask-opdc`` first pairs by overlap, then pairs the rest by distance.
False alarms are counted in blobs, as everywhere in irpoint, and in *pixels* of false blobs, which
these papers call Fa.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from irpoint.errors import EvaluationError
from irpoint.evaluation.counts import FrameCounts

MASK_RADIUS_PX = 3.0
"""The published matching radius of the mask protocols, in pixels, exclusive."""
MAP_THRESHOLD = 0.5
"""The published threshold of the mask protocols."""
MINIMUM_OVERLAP = 0.5
"""Minimum intersection over union of a pair that ``mask-opdc`` makes by overlap, inclusive."""

Mask = npt.NDArray[np.bool_]
Pairs = list[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Blobs:
    """The 8-connected components of a mask, ordered by their first pixels, row by row.

    Attributes:
        labels: int (H, W), 0 for the background, k + 1 for blob k.
        xy: float64 (N, 2) centroids.
        area: int64 (N,) number of pixels.
    """

    labels: npt.NDArray[np.int32]
    xy: npt.NDArray[np.float64]
    area: npt.NDArray[np.int64]

    @classmethod
    def of(cls, mask: Mask) -> Blobs:
        """The components of a mask (H, W)."""
        labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
        rows, columns = np.nonzero(labels)
        which = labels[rows, columns]
        area = np.bincount(which, minlength=count + 1)[1:]
        sums = [np.bincount(which, axis, count + 1)[1:] for axis in (columns, rows)]
        return cls(labels, np.stack(sums, axis=1) / area[:, None], area.astype(np.int64))

    def __len__(self) -> int:
        return len(self.area)


def pair_by_distance(truth: Blobs, predicted: Blobs, radius: float) -> Pairs:
    """``mask``: pair each target, in order, with the *first* free blob nearer than ``radius``."""
    near = _distances(truth, predicted) < radius
    pairs: Pairs = []
    for target in range(len(truth)):
        free = np.flatnonzero(near[target])
        if len(free):
            pairs.append((target, int(free[0])))
            near[:, free[0]] = False
    return pairs


def pair_by_overlap(truth: Blobs, predicted: Blobs, radius: float) -> Pairs:
    """``mask-opdc``: overlap priority with distance compensation (NeurIPS 2025).

    Of the assignment with the smallest total distance, the pairs with an intersection over union of
    at least :data:`MINIMUM_OVERLAP` are kept. The rest is assigned again, and pairs nearer than
    ``radius`` are kept.
    """
    distance = _distances(truth, predicted)
    overlaps = _overlaps(truth, predicted) >= MINIMUM_OVERLAP
    pairs: Pairs = []
    if overlaps.any():
        pairs = [(t, p) for t, p in _assigned(distance) if overlaps[t, p]]
    targets = np.setdiff1d(np.arange(len(truth)), [t for t, _ in pairs])
    blobs = np.setdiff1d(np.arange(len(predicted)), [p for _, p in pairs])
    if (distance < radius).any():
        left = distance[np.ix_(targets, blobs)]
        pairs += [
            (int(targets[t]), int(blobs[p])) for t, p in _assigned(left) if left[t, p] < radius
        ]
    return sorted(pairs)


MASK_PROTOCOLS: Mapping[str, Callable[[Blobs, Blobs, float], Pairs]] = MappingProxyType(
    {"mask": pair_by_distance, "mask-opdc": pair_by_overlap}
)
"""The pairing rule of each mask protocol, by the name of the protocol."""


def _distances(truth: Blobs, predicted: Blobs) -> npt.NDArray[np.float64]:
    gaps = truth.xy[:, None] - predicted.xy[None]
    return np.sqrt(gaps[..., 1] ** 2 + gaps[..., 0] ** 2)


def _overlaps(truth: Blobs, predicted: Blobs) -> npt.NDArray[np.float64]:
    """Intersection over union of every pair, (N, M)."""
    both = (truth.labels > 0) & (predicted.labels > 0)
    shared = np.zeros((len(truth), len(predicted)))
    np.add.at(shared, (truth.labels[both] - 1, predicted.labels[both] - 1), 1)
    return shared / (truth.area[:, None] + predicted.area[None] - shared)


def _assigned(distance: npt.NDArray[np.float64]) -> Iterable[tuple[int, int]]:
    rows, columns = linear_sum_assignment(distance)
    return zip(rows.tolist(), columns.tolist(), strict=True)


def count_map(
    truth: Mask,
    response: npt.NDArray[np.floating],
    protocol: str = "mask",
    radius: float = MASK_RADIUS_PX,
    threshold: float = MAP_THRESHOLD,
    name: str = "",
    dataset: str = "",
) -> FrameCounts:
    """Counts of one heat map.

    Args:
        truth: (H, W) mask of the targets.
        response: (H, W), usually 0..1.
        protocol: ``mask`` or ``mask-opdc``.
        radius: centroids of a pair are nearer than this, in pixels.
        threshold: pixels above it belong to a blob.
        name, dataset: of the frame.

    Raises:
        EvaluationError: if the shapes differ, or if a value is NaN.
    """
    if truth.shape != response.shape:
        raise EvaluationError(
            f"map of {name!r} is {_size(response)} but its frame {_size(truth)}; "
            "give maps of the frames' size"
        )
    if np.isnan(response).any():
        raise EvaluationError(f"map of {name!r} contains NaN; write 0 where nothing was found")
    targets, blobs = Blobs.of(truth), Blobs.of(response > threshold)
    pairs = MASK_PROTOCOLS[protocol](targets, blobs, radius)
    found = [p for _, p in pairs]
    return FrameCounts(
        name=name,
        dataset=dataset,
        pixels=truth.size,
        tp=len(pairs),
        fp=len(blobs) - len(pairs),
        fn=len(targets) - len(pairs),
        error_xy=blobs.xy[found] - targets.xy[[t for t, _ in pairs]],
        false_pixels=int(blobs.area.sum() - blobs.area[found].sum()),
    )


def _size(array: npt.NDArray[np.generic]) -> str:
    return "x".join(str(side) for side in array.shape[::-1])
