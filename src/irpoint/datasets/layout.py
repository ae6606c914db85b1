"""What every layout module gives: the splits of a folder, and its frames by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from irpoint.datasets.record import LabelledFrame

Truth = Literal["mask", "centroids"]


@dataclass(frozen=True)
class OpenedLayout:
    """A data set folder, recognised and indexed but not yet read.

    Attributes:
        layout: name of the layout.
        root: the data set folder.
        names: every frame, in a fixed order.
        splits: the names listed under each split; empty where the folder has no split lists.
        find: the image file of a name.
        read: reads the named frames, in the order asked for.
    """

    layout: str
    root: Path
    names: tuple[str, ...]
    splits: Mapping[str, tuple[str, ...]]
    find: Callable[[str], Path]
    read: Callable[[Sequence[str]], list[LabelledFrame]]
