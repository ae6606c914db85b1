"""The records of frames from which reports are made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from irpoint.datasets import LabelledFrame
from irpoint.evaluation.records import record
from irpoint.points import Points


def contrast(image: np.ndarray, path: Path) -> float | None:
    """The contrast of a target in the centre of a frame."""
    np.save(path, image)
    frame = LabelledFrame("a", path, (40, 40), Points.labels([[20, 20]]), "made")
    (found,) = record([frame], {frame.image: Points.empty()})
    assert found.shape == (40, 40)
    assert (found.targets[0].x, found.targets[0].y) == (20, 20)
    return found.targets[0].contrast


@pytest.mark.parametrize("amplitude", [30, -30])
def test_the_contrast_is_in_standard_deviations_of_the_surroundings(
    tmp_path: Path, amplitude: float
) -> None:
    image = np.random.default_rng(0).normal(10, 1, (40, 40)).astype(np.float32)
    image[20, 20] = 10 + amplitude
    assert contrast(image, tmp_path / "a.npy") == pytest.approx(30, rel=0.2)


def test_pixels_that_are_not_finite_do_not_change_the_contrast(tmp_path: Path) -> None:
    image = np.random.default_rng(0).normal(10, 1, (40, 40)).astype(np.float32)
    image[20, 20] = 40
    image[20, 21] = np.nan
    assert contrast(image, tmp_path / "a.npy") == pytest.approx(30, rel=0.2)


def test_a_flat_frame_has_no_contrast(tmp_path: Path) -> None:
    assert contrast(np.ones((40, 40), np.float32), tmp_path / "a.npy") is None
