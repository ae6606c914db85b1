"""A labelled frame, and a dataset as a list of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from irpoint.datasets.extent import Extent
from irpoint.frames.arrays import Frame
from irpoint.frames.numbered import read_numbered
from irpoint.points import Points


@dataclass(frozen=True)
class LabelledFrame:
    """One frame of a dataset with its labels.

    Attributes:
        name: name of the frame in its split list (usually the file stem).
        image: the image file; ``stack.tif#12`` for frame 12, from 0, of a stack or video.
        shape: (height, width) in pixels.
        points: the labels in frame pixels; empty if the frame has no target.
        dataset: name of the dataset that the frame belongs to.
        extents: the extent of each target, if the dataset has masks or boxes; else None.
        tracks: number of the track of each target, None for a target without one; None if no
            target has one. Numbers count within a sequence: a folder of images, a stack or video.
    """

    name: str
    image: Path
    shape: tuple[int, int]
    points: Points
    dataset: str
    extents: tuple[Extent, ...] | None = None
    tracks: tuple[int | None, ...] | None = None

    def read(self) -> Frame:
        """The pixels (H, W), in the data type of the file.

        Raises:
            FrameError: if the frame cannot be read.
        """
        return read_numbered(self.image)


@dataclass(frozen=True)
class Dataset:
    """The frames of one split of one dataset folder.

    Attributes:
        name: name of the folder.
        layout: name of its layout.
        split: name of the split.
        frames: the labelled frames, in the order of the split list.
        corrects_others: whether its labels replace those of the same image in other datasets, see
            :func:`irpoint.datasets.pool`.
    """

    name: str
    layout: str
    split: str
    frames: tuple[LabelledFrame, ...]
    corrects_others: bool = False

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[LabelledFrame]:
        return iter(self.frames)
