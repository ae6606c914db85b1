"""The record that every layout module returns: the splits of a folder, and its frames by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from irpoint.datasets.record import LabelledFrame

Truth = Literal["mask", "centroids"]


@dataclass(frozen=True)
class OpenedLayout:
    """A dataset folder that is recognised and indexed; its labels are not read yet.

    Attributes:
        root: the dataset folder.
        names: every frame, in a fixed order.
        splits: the names listed under each split; empty if the folder has no split lists.
        find: returns the image file of a name.
        read: reads the named frames, in the given order.
        one_label_file: whether one file contains all labels, so that the folder may have images
            that are not part of the dataset.
        unlabelled: number of images in the folder that no label file lists, so that they are not
            part of the dataset.
        corrects_others: whether its labels replace those of the same image in other datasets.
        layout: name of the layout, filled in by :func:`irpoint.datasets.load.open_dataset`.
    """

    root: Path
    names: tuple[str, ...]
    splits: Mapping[str, tuple[str, ...]]
    find: Callable[[str], Path]
    read: Callable[[Sequence[str]], list[LabelledFrame]]
    one_label_file: bool = False
    corrects_others: bool = False
    unlabelled: int = 0
    layout: str = ""

    @property
    def divided(self) -> bool:
        """Whether the folder has lists that divide its frames; the list ``all`` does not."""
        return any(name != "all" for name in self.splits)
