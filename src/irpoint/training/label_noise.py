"""Label noise: move labels once before training, to simulate imprecise clicks."""

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
    """Move every label of the frames.

    Args:
        frames: labelled frames.
        noise: a standard deviation in frame pixels, or ``coarse``, the rule of LESPS (CVPR 2023):
            a normal offset whose deviations in x and y are a quarter of the half sides of the
            target's box, drawn again until the label is on the target.
        seed: seed of the offsets. They also depend on the names of dataset and frame and on the
            index of the label, but neither on the order of frames nor on other datasets.

    Raises:
        DatasetError: if ``noise`` is ``coarse`` and a frame has neither masks nor boxes.
    """
    return [_moved(frame, noise, seed) if len(frame.points) else frame for frame in frames]


def _moved(frame: LabelledFrame, noise: LabelNoise, seed: int) -> LabelledFrame:
    if noise == "coarse" and frame.extents is None:
        raise DatasetError(
            f"{frame.image}: label noise 'coarse' needs masks or boxes, but {frame.dataset} has "
            "points only; give the noise in pixels"
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
    return xy  # for example a ring, whose centroid is not on its mask
