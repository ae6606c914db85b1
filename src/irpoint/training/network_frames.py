"""Labelled frames held in memory as the network sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.datasets import LabelledFrame
from irpoint.frames import read_frame
from irpoint.frames.levels import levels, normalise
from irpoint.frames.scale import InputScale, Placement, fit


@dataclass(frozen=True)
class NetworkFrame:
    """A frame at the network's scale.

    Attributes:
        label: the frame's record, with the labels in frame pixels.
        image: float16 (h, w), normalised; half precision halves the memory and is far finer than
            any camera's noise.
        xy: float64 (N, 2), the labels in network pixels.
        placement: network pixels ↔ frame pixels.
    """

    label: LabelledFrame
    image: npt.NDArray[np.float16]
    xy: npt.NDArray[np.float64]
    placement: Placement


def load_frames(labels: Iterable[LabelledFrame], scale: InputScale) -> list[NetworkFrame]:
    """Read, normalise and scale every frame."""
    return [_load(label, scale) for label in labels]


def _load(label: LabelledFrame, scale: InputScale) -> NetworkFrame:
    frame = read_frame(label.image)
    image, placement = fit(normalise(frame, *levels(frame)), scale)
    return NetworkFrame(
        label, image.astype(np.float16), placement.to_network(label.points.xy), placement
    )


def label_table(frames: Sequence[NetworkFrame]) -> npt.NDArray[np.float64]:
    """All labels as rows (frame index, x, y), network pixels; (0, 3) where there is none."""
    rows = [np.insert(frame.xy, 0, index, axis=1) for index, frame in enumerate(frames)]
    return np.concatenate(rows) if rows else np.empty((0, 3))
