"""The targets and points of every frame of an evaluation, from which a report is made.

The figures of the records are those of the evaluation to the last digit, pooled and by dataset.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from irpoint.datasets.record import LabelledFrame
from irpoint.evaluation.counts import EvaluatedFrame
from irpoint.evaluation.splits import Split
from irpoint.measurement import Flag
from irpoint.measuring import measure
from irpoint.points import Points

# Far outside any frame, and well within float32.
Number = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]

Deviation = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]

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
        snr: signal of its brightest or darkest pixel over the noise of a pixel around it, as
            :func:`irpoint.measuring.measure` finds it from the label; None if nothing could be
            fitted there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    x: Number
    y: Number
    size: float | None = None
    contrast: float | None = None
    snr: float | None = None


class FrameRecord(BaseModel):
    """One frame: its image file, its targets, and every predicted point as x, y, score.

    ``index`` is its number in the list of its dataset; None in records of an older version.
    ``place`` has the standard deviation in x and in y and the covariance (px, px, px²) of every
    predicted point, None of those that were not measured; it is empty if no point was measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    dataset: str
    name: str
    index: int | None = None
    image: Path
    shape: tuple[int, int] = Field(description="height, width")
    targets: tuple[TargetRecord, ...]
    predicted: tuple[tuple[Number, Number, Number], ...]
    place: tuple[tuple[Deviation, Deviation, Number] | None, ...] = ()

    @model_validator(mode="after")
    def _every_point_has_its_place(self) -> FrameRecord:
        if self.place and len(self.place) != len(self.predicted):
            raise ValueError(f"{len(self.predicted)} points but {len(self.place)} places")
        return self

    def evaluated(self) -> EvaluatedFrame:
        """The frame as the protocols use it."""
        predicted = np.array(self.predicted, np.float32).reshape(-1, 3)
        truth = Points.labels([(target.x, target.y) for target in self.targets])
        points = Points(predicted[:, :2], predicted[:, 2])
        return EvaluatedFrame(self.name, self.dataset, self.shape, truth, points)


@dataclass(frozen=True)
class SplitRecords:
    """Records of one split.

    Attributes:
        frames: the pooled frames, in which an image that two datasets share counts once.
        repeated: the other frames of the datasets.
        names: names of the datasets in their order; if empty, they are in that of the frames.
    """

    frames: tuple[FrameRecord, ...]
    repeated: tuple[FrameRecord, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def datasets(self) -> list[str]:
        """Names of the datasets, in order."""
        present = dict.fromkeys(frame.dataset for frame in (*self.frames, *self.repeated))
        return sorted(present, key=lambda name: (*self.names, name).index(name))

    def of(self, dataset: str) -> tuple[FrameRecord, ...]:
        """All frames of one dataset, in the order of its list."""
        members = [f for f in (*self.frames, *self.repeated) if f.dataset == dataset]
        return tuple(sorted(members, key=lambda frame: frame.index or 0))


def record_split(split: Split, found: Mapping[Path, Points]) -> SplitRecords:
    """Records of the frames of a split and of the points found in them, by image file."""
    index = {(f.dataset, f.name): k for dataset in split.datasets for k, f in enumerate(dataset)}
    records = [
        frame.model_copy(update={"index": index[frame.dataset, frame.name]})
        for frame in record(split.frames, found)
    ]
    pooled = {(frame.dataset, frame.name): k for k, frame in enumerate(split.pooled)}
    kept = sorted(
        (frame for frame in records if (frame.dataset, frame.name) in pooled),
        key=lambda frame: pooled[frame.dataset, frame.name],
    )
    others = [frame for frame in records if (frame.dataset, frame.name) not in pooled]
    return SplitRecords(tuple(kept), tuple(others), tuple(split.names))


def record(frames: Iterable[LabelledFrame], found: Mapping[Path, Points]) -> list[FrameRecord]:
    """Records of frames and of the points found in them, by image file."""
    return [_record(frame, found[frame.image]) for frame in frames]


def _record(frame: LabelledFrame, points: Points) -> FrameRecord:
    targets = _targets(frame) if len(frame.points) else []
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
        place=_places(points),
    )


def _targets(frame: LabelledFrame) -> list[TargetRecord]:
    image = frame.read()
    counts, places = image.astype(np.float64), frame.points.xy.astype(float)
    contrasts = [_contrast(counts, x, y) for x, y in places]
    dark = [contrast is not None and contrast < 0 for contrast in contrasts]
    found = zip(places.tolist(), contrasts, _snr(image, frame.points, dark), strict=True)
    return [
        TargetRecord(
            x=x,
            y=y,
            size=_size(frame, index),
            contrast=None if contrast is None else abs(contrast),
            snr=snr,
        )
        for index, ((x, y), contrast, snr) in enumerate(found)
    ]


def _size(frame: LabelledFrame, index: int) -> float | None:
    extent = None if frame.extents is None else frame.extents[index]
    if extent is None or extent.pixels is None:
        return None
    return float(np.sqrt(len(extent.pixels) * extent.size[0] * extent.size[1]))


def _places(points: Points) -> tuple[tuple[float, float, float] | None, ...]:
    """The deviations of measured points; nothing if none is measured."""
    if points.measured is None:
        return ()
    alone = points.measured.has(Flag.UNMEASURED)
    rows = np.column_stack([points.measured.x_std, points.measured.y_std, points.measured.xy_cov])
    places = tuple(
        None if skipped else (row[0], row[1], row[2])
        for row, skipped in zip(rows.tolist(), alone.tolist(), strict=True)
    )
    return places if any(places) else ()


def _snr(
    image: npt.NDArray[np.generic], labels: Points, dark: Sequence[bool]
) -> list[float | None]:
    """Signal-to-noise ratio of each target; None if nothing could be fitted at its label."""
    measured = measure(image, replace(labels, dark=np.array(dark, bool))).measured
    if measured is None:
        return [None] * len(labels)
    return [float(value) if np.isfinite(value) else None for value in np.abs(measured.snr)]


def _contrast(image: npt.NDArray[np.float64], x: float, y: float) -> float | None:
    """Contrast as :class:`TargetRecord` states it, but below 0 for a dark target."""
    column, row = round(x), round(y)
    top, left = max(row - _REACH, 0), max(column - _REACH, 0)
    window = image[top : row + _REACH + 1, left : column + _REACH + 1]
    rows, columns = np.indices(window.shape)
    distance = np.hypot(rows + top - y, columns + left - x)
    seen = np.isfinite(window)
    core, around = window[seen & (distance <= _CORE / 2)], window[seen & (distance > _CORE)]
    if not core.size or around.size < 9 or around.std() == 0:
        return None
    signal = core - around.mean()
    return float(signal[np.abs(signal).argmax()] / around.std())
