"""The deviation of a network's places that a model card states."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from irpoint.datasets import LabelledFrame
from irpoint.evaluation.place_std import network_place_std
from irpoint.points import Points
from support.measured import measured_points


def frames_with_errors(
    std: float, side: int, count: int = 400
) -> tuple[list[LabelledFrame], dict[Path, Points]]:
    """One target per frame; points off by ``std`` per axis, some wrong by 4 px or of low score."""
    rng = np.random.default_rng(0)
    frames, found = [], {}
    for index in range(count):
        truth = rng.uniform(20, side - 20, 2)
        xy = truth + rng.normal(0, std, 2) + (4 * side / 512 if index % 20 == 0 else 0)
        path = Path(f"{index}.png")
        frames.append(LabelledFrame(path.stem, path, (side, side), Points.labels([truth]), "made"))
        found[path] = Points(np.stack([xy, truth + 0.01]), np.array([0.9, 0.1]))
    return frames, found


def test_it_is_the_deviation_without_the_few_that_are_wrong() -> None:
    deviation = network_place_std(*frames_with_errors(0.3, 256), 0.5, "native")
    assert deviation == pytest.approx(0.3, rel=0.15)


def test_it_is_in_pixels_of_the_network() -> None:
    """It sees a frame of 1024 pixels at half of its size."""
    deviation = network_place_std(*frames_with_errors(0.6, 1024), 0.5, "fit:512")
    assert deviation == pytest.approx(0.3, rel=0.15)


def test_few_targets_have_none() -> None:
    assert network_place_std(*frames_with_errors(0.3, 256, 19), 0.5, "native") is None
    assert network_place_std(*frames_with_errors(0.3, 256, 20), 0.5, "native") is not None


def test_measured_points_count_where_the_network_saw_them() -> None:
    frames, found = frames_with_errors(0.0, 256)
    right = {path: measured_points([tuple(points.xy[1])]) for path, points in found.items()}
    # The network saw each 0.25 px to the right, so half of the offsets are 0 and half 0.25.
    assert network_place_std(frames, right, 0.5, "native") == pytest.approx(0.25, abs=0.02)
