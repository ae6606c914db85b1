"""Stacks of frames to write into files, and the frames of a file as detection and label page read
them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from irpoint.frames import open_source
from support.sources import read_frames


def thermal_stack(count: int = 3, shape: tuple[int, int] = (24, 32), seed: int = 0) -> np.ndarray:
    """Frames (count, H, W), uint16, around 7000 as an uncooled camera delivers them."""
    rng = np.random.default_rng(seed)
    scene = 7000 + 40 * np.sin(np.arange(shape[1]) / 5) + 3 * np.arange(shape[0])[:, None]
    return (scene + rng.normal(0, 4, (count, *shape))).round().astype(np.uint16)


def frames_both_ways(name: str | Path) -> np.ndarray:
    """The frames of a file, (T, H, W), after comparing those in order with those in any order."""
    in_order = [frame.frame for frame in read_frames(name)]
    source = open_source(name)
    assert source.count() == len(in_order)
    with source.open() as stack, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # reading in order has warned already
        assert len(stack) == len(in_order)
        for index in (*reversed(range(len(in_order))), 0):
            frame = stack.read(index)
            assert frame.dtype == in_order[index].dtype
            assert np.array_equal(frame, in_order[index], equal_nan=frame.dtype.kind == "f")
    return np.stack(in_order)
