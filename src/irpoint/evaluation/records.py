"""The targets and points of every frame of an evaluation, from which a report is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from irpoint.datasets.record import LabelledFrame
from irpoint.evaluation.counts import EvaluatedFrame
from irpoint.points import Points

_REACH = 12  # px, radius of the surroundings of a target
_CORE = 4  # px, radius around a target within which pixels may belong to it


class TargetRecord(BaseModel):
    """One target.

    Attributes:
        x, y: frame pixels.
        size: square root of the area of its mask, pixels; None if only its position is known.
        contrast: difference between its brightest or darkest pixel and the mean of its
            surroundings, in their standard deviations (local signal-to-clutter ratio); None if
            the surroundings have no contrast.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: float
    y: float
    size: float | None = None
    contrast: float | None = None


class FrameRecord(BaseModel):
    """One frame: its image file, its targets, and every predicted point as x, y, score."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str
    name: str
    image: Path
    shape: tuple[int, int] = Field(description="height, width")
    targets: tuple[TargetRecord, ...]
    predicted: tuple[tuple[float, float, float], ...]

    def evaluated(self) -> EvaluatedFrame:
        """The frame as the protocols use it."""
        predicted = np.array(self.predicted, np.float32).reshape(-1, 3)
        truth = Points.labels([(target.x, target.y) for target in self.targets])
        points = Points(predicted[:, :2], predicted[:, 2])
        return EvaluatedFrame(self.name, self.dataset, self.shape, truth, points)


def record(frames: Iterable[LabelledFrame], found: Mapping[Path, Points]) -> list[FrameRecord]:
    """Records of frames and of the points found in them, by image file."""
    return [_record(frame, found[frame.image]) for frame in frames]


def _record(frame: LabelledFrame, points: Points) -> FrameRecord:
    image = frame.read().astype(np.float64) if len(frame.points) else np.zeros((1, 1))
    targets = []
    for index, (x, y) in enumerate(frame.points.xy.astype(float)):
        extent = None if frame.extents is None else frame.extents[index]
        size = None
        if extent is not None and extent.pixels is not None:
            size = float(np.sqrt(len(extent.pixels) * extent.size[0] * extent.size[1]))
        targets.append(TargetRecord(x=x, y=y, size=size, contrast=_contrast(image, x, y)))
    predicted = [
        (float(x), float(y), float(s)) for (x, y), s in zip(points.xy, points.score, strict=True)
    ]
    return FrameRecord(
        dataset=frame.dataset,
        name=frame.name,
        image=frame.image,
        shape=frame.shape,
        targets=tuple(targets),
        predicted=tuple(predicted),
    )


def _contrast(image: npt.NDArray[np.float64], x: float, y: float) -> float | None:
    column, row = round(x), round(y)
    top, left = max(row - _REACH, 0), max(column - _REACH, 0)
    window = image[top : row + _REACH + 1, left : column + _REACH + 1]
    rows, columns = np.indices(window.shape)
    distance = np.hypot(rows + top - y, columns + left - x)
    seen = np.isfinite(window)
    core, around = window[seen & (distance <= _CORE / 2)], window[seen & (distance > _CORE)]
    if not core.size or around.size < 9 or around.std() == 0:
        return None
    return float(np.abs(core - around.mean()).max() / around.std())
