"""Clicks as people make them: labels moved once, before training, from the seed alone."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt

from irpoint.datasets import LabelledFrame
from irpoint.errors import DatasetError
from irpoint.points import Points

LabelNoise = Literal["coarse"] | float
_TRIES = 1000


def with_label_noise(
    frames: Iterable[LabelledFrame], noise: LabelNoise, seed: int
) -> list[LabelledFrame]:
    """The frames with every label moved; always the same way for one seed and frame.

    Args:
        noise: ``coarse``, the rule of LESPS (CVPR 2023): normal, of a quarter of the target's half
            box in x and in y, drawn again until it lies on the target; or a standard deviation in
            frame pixels.
        seed: all draws derive from it, the data set's name, the frame's name and the label's place
            in it, so that neither the order of frames nor what else is trained on matters.

    Raises:
        DatasetError: where ``coarse`` is asked for and a frame has points alone.
    """
    return [_moved(frame, noise, seed) if len(frame.points) else frame for frame in frames]


def _moved(frame: LabelledFrame, noise: LabelNoise, seed: int) -> LabelledFrame:
    if noise == "coarse" and frame.extents is None:
        raise DatasetError(
            f"{frame.image}: label noise 'coarse' needs masks or boxes, and {frame.dataset} has "
            "points alone; give it in pixels"
        )
    rng = np.random.default_rng((seed, zlib.crc32(f"{frame.dataset}/{frame.name}".encode())))
    limit = np.array(frame.shape[::-1]) - 0.5
    moved = [
        np.clip(_click(xy.astype(np.float64), frame, index, noise, rng), -0.5, limit)
        for index, xy in enumerate(frame.points.xy)
    ]
    return dataclasses.replace(frame, points=Points.labels(np.array(moved)))


def _click(
    xy: npt.NDArray[np.float64],
    frame: LabelledFrame,
    index: int,
    noise: LabelNoise,
    rng: np.random.Generator,
) -> npt.NDArray[np.float64]:
    if noise != "coarse":
        return xy + rng.normal(0, noise, 2)
    assert frame.extents is not None
    extent = frame.extents[index]
    for _ in range(_TRIES):
        click = xy + rng.normal(0, 1, 2) * extent.half / 4
        if extent.holds(click):
            return click
    return xy  # a ring whose middle is not its own
