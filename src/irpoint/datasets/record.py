"""A labelled frame, and a list of them: what every data set layout is read into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from irpoint.datasets.extent import Extent
from irpoint.points import Points


@dataclass(frozen=True)
class LabelledFrame:
    """One frame of a data set with its labels.

    Attributes:
        name: the frame's name in its split list (usually the file stem).
        image: the image file.
        shape: (height, width) of the frame in pixels.
        points: the labels in frame pixels; empty where the frame has no target.
        dataset: name of the data set that the frame belongs to.
        extents: how far each target reaches, where masks or boxes tell; else None.
    """

    name: str
    image: Path
    shape: tuple[int, int]
    points: Points
    dataset: str
    extents: tuple[Extent, ...] | None = None


@dataclass(frozen=True)
class Dataset:
    """The frames of one split of one data set folder.

    Attributes:
        name: the folder's name.
        layout: name of the layout it was read as.
        split: name of the split.
        frames: the labelled frames, in the order of the split list.
    """

    name: str
    layout: str
    split: str
    frames: tuple[LabelledFrame, ...]

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[LabelledFrame]:
        return iter(self.frames)
