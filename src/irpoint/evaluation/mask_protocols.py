"""The mask protocols: blobs of a heat map against blobs of a mask, as segmentation papers count.

Both maps are cut at a threshold (a value above it belongs to a blob) and taken apart into
8-connected components. ``mask`` pairs a target with the first free blob whose centroid is *less*
than three pixels away; ``mask-opdc`` first pairs by overlap, then, among what is left, by distance.
False alarms are counted in blobs, as everywhere in irpoint, and in *pixels* of false blobs, which
is what these papers call Fa.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.optimize import linear_sum_assignment

from irpoint.datasets.images import Images
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, EvaluationError, FrameError
from irpoint.evaluation.counts import Evaluation, FrameCounts
from irpoint.frames.read import read_frame

MASK_RADIUS_PX = 3.0
"""The published matching radius of the mask protocols, in pixels, exclusive."""
MAP_THRESHOLD = 0.5
LEAST_OVERLAP = 0.5
"""Least intersection over union of a pair that ``mask-opdc`` makes by overlap, inclusive."""

Mask = npt.NDArray[np.bool_]
Pairs = list[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Blobs:
    """The 8-connected components of a mask, in the order of their first pixels, row by row.

    Attributes:
        labels: int (H, W), 0 for background, k + 1 for blob k.
        xy: float64 (N, 2) centroids.
        area: int64 (N,) pixels.
    """

    labels: npt.NDArray[np.int32]
    xy: npt.NDArray[np.float64]
    area: npt.NDArray[np.int64]

    @classmethod
    def of(cls, mask: Mask) -> Blobs:
        labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
        rows, columns = np.nonzero(labels)
        which = labels[rows, columns]
        area = np.bincount(which, minlength=count + 1)[1:]
        sums = [np.bincount(which, axis, count + 1)[1:] for axis in (columns, rows)]
        return cls(labels, np.stack(sums, axis=1) / area[:, None], area.astype(np.int64))

    def __len__(self) -> int:
        return len(self.area)


def pair_by_distance(truth: Blobs, predicted: Blobs, radius: float) -> Pairs:
    """``mask``: targets in order, each takes the *first* free blob nearer than ``radius``."""
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

    Of the assignment with the smallest total distance those pairs hold that overlap by half; what
    is left over is assigned again, and there the distance decides.
    """
    distance = _distances(truth, predicted)
    overlaps = _overlaps(truth, predicted) >= LEAST_OVERLAP
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
        response: (H, W), usually 0..1; NaN is refused.
        protocol: ``mask`` or ``mask-opdc``.
        radius: centroids of a pair are nearer than this, pixels.
        threshold: pixels above it are said to be a target's.

    Raises:
        EvaluationError: where the shapes differ or a value is not a number.
    """
    if truth.shape != response.shape:
        raise EvaluationError(
            f"map of {name!r} is {_size(response)} but its frame {_size(truth)}; "
            "give maps of the frames' size"
        )
    if np.isnan(response).any():
        raise EvaluationError(f"map of {name!r} holds NaN; a pixel without an answer is 0")
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


class Maps:
    """A folder of heat maps or mask images, one a frame, named as the frames are.

    Floating-point files hold 0..1 (or whatever the threshold is meant for); those of whole numbers
    are divided by the largest value of their type, so that 255 is 1. Whole numbers that never
    exceed 1 are a mask of ones.

    Args:
        folder: with the maps; those of several data sets may lie in subfolders of their names.

    Raises:
        EvaluationError: where the folder holds no picture.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._images = Images(folder)
        except DatasetError as error:
            raise EvaluationError(f"{folder}: no heat maps in this folder") from error
        self._given: dict[Path, Path] = {}

    def read(self, frame: LabelledFrame) -> npt.NDArray[np.float64]:
        """The map of a frame.

        Raises:
            EvaluationError: where it is missing or cannot be read.
        """
        try:
            file = self._images.get(f"{frame.dataset}/{frame.name}")
            file = file or self._images.get(frame.image.stem)
            if file is None:
                raise EvaluationError(
                    f"{self._images.folder}: no map for {frame.image.name}; every frame of the "
                    "split needs one (all zero where nothing was found)"
                )
            if self._given.setdefault(file, frame.image) != frame.image:
                raise EvaluationError(
                    f"{file}: is the map of {self._given[file]} and of {frame.image}; put the maps "
                    "of each data set into a subfolder of its name"
                )
            values = read_frame(file)
        except (DatasetError, FrameError) as error:
            raise EvaluationError(str(error)) from error
        grey = values.dtype.kind in "ui" and values.max() > 1
        return values / (np.iinfo(values.dtype).max if grey else 1.0)


def truth_mask(frame: LabelledFrame) -> Mask:
    """The targets' own pixels, (H, W).

    Raises:
        EvaluationError: where the data set has points or boxes only.
    """
    mask = np.zeros(frame.shape, bool)
    if not len(frame.points):
        return mask
    for extent in frame.extents or ():
        if extent.pixels is not None:
            half = np.array(extent.size) / 2
            # Every frame pixel whose centre lies in the mask's pixel, which may be larger.
            first = np.clip(np.ceil(extent.pixels - half), 0, None).astype(int)
            last = np.maximum(np.ceil(extent.pixels + half).astype(int), first + 1)
            for (left, top), (right, bottom) in zip(first, last, strict=True):
                mask[top:bottom, left:right] = True
    if not mask.any():
        raise EvaluationError(
            f"{frame.dataset}: no masks, but the mask protocols need them; use --protocol point"
        )
    return mask


def evaluate_maps(
    frames: Sequence[LabelledFrame],
    maps: Maps,
    protocol: str = "mask",
    radius: float = MASK_RADIUS_PX,
    threshold: float = MAP_THRESHOLD,
) -> Evaluation:
    """Count the maps of every frame; those without targets included.

    Raises:
        EvaluationError: for no frame, or as :func:`count_map`, :class:`Maps`, :func:`truth_mask`.
    """
    if not frames:
        raise EvaluationError("there is no frame to evaluate; give a split that names some")
    counts = tuple(
        count_map(
            truth_mask(frame), maps.read(frame), protocol, radius, threshold,
            frame.name, frame.dataset,
        )
        for frame in frames
    )  # fmt: skip
    return Evaluation(counts, protocol, radius, threshold)
