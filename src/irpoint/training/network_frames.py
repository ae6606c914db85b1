"""Labelled frames in memory, at network scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.datasets import LabelledFrame
from irpoint.frames.arrays import Frame
from irpoint.frames.levels import normalise
from irpoint.frames.scale import InputScale, Placement, fit
from irpoint.frames.scene import read_scene


@dataclass(frozen=True)
class NetworkFrame:
    """A frame at the network's scale.

    Attributes:
        label: record of the frame, with labels in frame pixels.
        image: float16 (h, w), normalised. Half precision saves memory, and its steps are far below
            the noise of any camera.
        xy: float64 (N, 2), labels in network pixels.
        placement: conversion between network pixels and frame pixels.
    """

    label: LabelledFrame
    image: npt.NDArray[np.float16]
    xy: npt.NDArray[np.float64]
    placement: Placement

    @property
    def enlargement(self) -> float:
        """Network pixels per frame pixel."""
        return 1 / self.placement.factor[0]


def load_frames(labels: Iterable[LabelledFrame], scale: InputScale) -> list[NetworkFrame]:
    """Read, normalise and scale all frames."""
    return [network_frame(label, label.read(), scale) for label in labels]


def network_frame(label: LabelledFrame, frame: Frame, scale: InputScale) -> NetworkFrame:
    """Normalise and scale one frame (H, W) of any type."""
    scene = read_scene(frame)
    image, placement = fit(normalise(scene.counts, *scene.levels), scale)
    return NetworkFrame(
        label, image.astype(np.float16), placement.to_network(label.points.xy), placement
    )


def label_table(frames: Sequence[NetworkFrame]) -> npt.NDArray[np.float64]:
    """All labels as (N, 3) rows (frame index, x, y), in network pixels."""
    rows = [np.insert(frame.xy, 0, index, axis=1) for index, frame in enumerate(frames)]
    return np.concatenate(rows) if rows else np.empty((0, 3))
