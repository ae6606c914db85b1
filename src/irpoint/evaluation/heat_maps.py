"""Folders of heat maps, evaluated under the mask protocols."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from irpoint.datasets.images import Images
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, EvaluationError, FrameError
from irpoint.evaluation.counts import Evaluation
from irpoint.evaluation.mask_protocols import MAP_THRESHOLD, MASK_RADIUS_PX, Mask, count_map
from irpoint.evaluation.matching import check_radius
from irpoint.evaluation.splits import Split, SplitEvaluation, split_figures
from irpoint.frames.read import read_frame


class Maps:
    """A folder of heat maps or mask images, one per frame, with the names of the frames.

    Floating-point values, usually 0..1, are used unchanged. Integers are divided by the largest
    value of their type, so that 255 becomes 1. If no integer exceeds 1, the map is a mask and is
    used unchanged.

    Args:
        folder: the maps; those of several datasets may be in subfolders with the datasets' names.

    Raises:
        EvaluationError: if the folder has no image.
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
            EvaluationError: if it is missing or cannot be read.
        """
        try:
            file = self._images.get(f"{frame.dataset}/{frame.name}")
            file = file or self._images.get(frame.image.stem)
            if file is None:
                raise EvaluationError(
                    f"{self._images.folder}: no map for {frame.image.name}; every frame of the "
                    "split needs one (all zero if nothing was found)"
                )
            if self._given.setdefault(file, frame.image) != frame.image:
                raise EvaluationError(
                    f"{file}: matches {self._given[file]} and {frame.image}; put the maps "
                    "of each dataset into a subfolder with its name"
                )
            values = read_frame(file, mask=True)
        except (DatasetError, FrameError) as error:
            raise EvaluationError(str(error)) from error
        grey = values.dtype.kind in "ui" and values.max() > 1
        with np.errstate(invalid="ignore"):  # a damaged file may hold any kind of NaN
            return values / (np.iinfo(values.dtype).max if grey else 1.0)


def truth_mask(frame: LabelledFrame) -> Mask:
    """The pixels of the targets, (H, W).

    Raises:
        EvaluationError: if the dataset has only points or boxes.
    """
    mask = np.zeros(frame.shape, bool)
    if not len(frame.points):
        return mask
    for extent in frame.extents or ():
        if extent.pixels is not None:
            half = np.array(extent.size) / 2
            # Every frame pixel whose centre is in a pixel of the mask, which may be larger.
            first = np.clip(np.ceil(extent.pixels - half), 0, None).astype(int)
            last = np.maximum(np.ceil(extent.pixels + half).astype(int), first + 1)
            for (left, top), (right, bottom) in zip(first, last, strict=True):
                mask[top:bottom, left:right] = True
    if not mask.any():
        raise EvaluationError(
            f"{frame.dataset}: no masks, but the mask protocols need them; use the protocol point"
        )
    return mask


def evaluate_maps(
    frames: Sequence[LabelledFrame],
    maps: Maps,
    protocol: str = "mask",
    radius: float = MASK_RADIUS_PX,
    threshold: float = MAP_THRESHOLD,
) -> Evaluation:
    """Count the map of every frame, including the frames without targets.

    Raises:
        EvaluationError: if there is no frame, if a map is missing, cannot be read or does not fit
            its frame, or if a dataset has no masks.
    """
    if not frames:
        raise EvaluationError("there is no frame to evaluate; choose another split")
    counts = tuple(
        count_map(
            truth_mask(frame), maps.read(frame), protocol, radius, threshold,
            frame.name, frame.dataset,
        )
        for frame in frames
    )  # fmt: skip
    return Evaluation(counts, protocol, radius, threshold)


def evaluate_heat_maps(
    folder: str | Path,
    split: Split,
    protocol: str = "mask",
    radius: float = MASK_RADIUS_PX,
    threshold: float = MAP_THRESHOLD,
) -> SplitEvaluation:
    """Figures of each dataset of a split and of their pool, from a folder of heat maps.

    Args:
        folder: one heat map or mask image per frame, see :class:`Maps`.
        split: the frames; their datasets have masks.
        protocol: ``mask`` or ``mask-opdc``.
        radius: centroids of a pair are nearer than this, in pixels.
        threshold: pixels above it belong to a blob.

    Raises:
        EvaluationError: if the radius or the threshold is out of range, or as
            :func:`evaluate_maps`.
    """
    check_radius(radius)
    if not math.isfinite(threshold):
        raise EvaluationError(f"threshold {threshold} must be a finite number")
    maps = Maps(Path(folder))
    return split_figures(
        split, lambda frames: evaluate_maps(frames, maps, protocol, radius, threshold)
    )
