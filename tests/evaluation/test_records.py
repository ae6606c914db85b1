"""The records of frames from which reports are made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from irpoint.datasets import LabelledFrame
from irpoint.evaluation.records import FrameRecord, record
from irpoint.measurement import Measurement
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


def test_targets_have_the_snr_of_the_measurement(tmp_path: Path) -> None:
    rows, columns = np.indices((48, 48))
    noise = np.random.default_rng(0).normal(0, 2, (48, 48))
    places = [(12.0, 12.0, 80), (30.0, 33.0, -80)]
    blobs = sum(a * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 2) for x, y, a in places)
    np.save(tmp_path / "a.npy", (1000 + blobs + noise).astype(np.float32))
    labels = Points.labels([(x, y) for x, y, _ in places] + [(40, 8)])
    frame = LabelledFrame("a", tmp_path / "a.npy", (48, 48), labels, "made")
    (found,) = record([frame], {frame.image: Points.empty()})
    bright, dark, nothing = (target.snr for target in found.targets)
    assert bright == pytest.approx(40, rel=0.25)
    assert dark == pytest.approx(40, rel=0.25)
    assert nothing is None  # there is nothing to fit


def test_places_are_those_of_measured_points(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((40, 40), np.float32))
    frame = LabelledFrame("a", tmp_path / "a.npy", (40, 40), Points.empty(), "made")
    measured = Measurement.unmeasured(np.array([[5.0, 5], [9, 9]]), 0.5)
    measured.flags[0] = 0
    points = Points(np.array([[5, 5], [9, 9]]), np.array([0.9, 0.1]), measured=measured)
    (found,) = record([frame], {frame.image: points})
    assert found.place == ((0.5, 0.5, 0.0), None)
    (without,) = record([frame], {frame.image: points[np.array([1])]})
    assert without.place == ()
    with pytest.raises(ValidationError, match="1 points but 2 places"):
        FrameRecord.model_validate(found.model_dump() | {"predicted": found.predicted[:1]})
