"""Simulated sequences on disk: frames, points, truth, the mask of bad pixels."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irpoint.datasets import LabelledFrame
from irpoint.datasets.load import open_dataset
from irpoint.errors import SettingsError
from irpoint.frames import read_frame
from irpoint.frames.numbered import read_numbered
from irpoint.simulate import (
    BadPixel,
    SequenceSettings,
    SimulatedSequence,
    simulate_sequence,
    write_sequence,
)

SMALL: dict[str, Any] = {"width": 64, "height": 48, "targets": (2, 2), "scene": "clouds"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as stream:
        return list(csv.DictReader(stream))


def read_back(folder: Path) -> list[LabelledFrame]:
    opened = open_dataset(folder, "centroids")
    return opened.read(opened.names)


@pytest.mark.parametrize(
    ("file_format", "bits"), [("png", 8), ("tiff", 14), ("stack", 16), ("npy", 12)]
)
def test_irpoint_reads_frames_and_points_back(tmp_path: Path, file_format: Any, bits: int) -> None:
    settings = SequenceSettings.checked(**SMALL, bits=bits, speed=(2, 4))
    write_sequence(tmp_path, settings, frames=12, seed=3, file_format=file_format)
    expected = list(simulate_sequence(settings, 12, 3))
    found = read_back(tmp_path)
    assert len(found) == 12
    assert len({len(shown.points) for shown in expected}) > 1
    for label, shown in zip(found, expected, strict=True):
        np.testing.assert_array_equal(read_numbered(label.image), shown.frame)
        assert read_numbered(label.image).dtype == shown.frame.dtype
        np.testing.assert_allclose(label.points.xy, shown.points.xy, atol=1e-4)


def test_the_tables_hold_the_truth_of_each_frame(tmp_path: Path) -> None:
    chosen = {"pan": (1, 0), "jitter": 0.2, "behind": 0.5, "dark_fraction": 0.5, "targets": (9, 9)}
    settings = SequenceSettings.checked(**SMALL | chosen, stuck_pixels=0.01)
    sequence = write_sequence(tmp_path, settings, frames=5, seed=1)
    targets, points = rows(tmp_path / "targets.csv"), rows(tmp_path / "points.csv")
    camera, bad = rows(tmp_path / "camera.csv"), rows(tmp_path / "bad_pixels.csv")
    for shown in sequence:
        of_frame = [row for row in targets if int(row["frame"]) == shown.index]
        assert [int(row["track"]) for row in of_frame] == [t.track for t in shown.targets]
        assert [row["visible"] == "1" for row in of_frame] == [t.visible for t in shown.targets]
        for name in ("x", "vy", "snr", "scnr", "uncovered"):
            values = [float(row[name]) for row in of_frame]
            assert values == pytest.approx([getattr(t, name) for t in shown.targets], abs=6e-4)
        seen = [row for row in points if int(row["frame"]) == shown.index and row["x"]]
        assert [int(row["track"]) for row in seen] == list(shown.track_ids)
        assert [row["polarity"] == "dark" for row in seen] == shown.points.dark.tolist()
        pose = camera[shown.index]
        assert float(pose["x"]) == pytest.approx(shown.camera.x, abs=1e-4)
    mask = read_frame(tmp_path / "bad_pixels.png", mask=True)
    np.testing.assert_array_equal(mask > 0, sequence.detector.bad)
    assert len(bad) == sequence.detector.bad.sum() == round(0.01 * 64 * 48)
    for row in bad:
        kind = BadPixel(int(sequence.detector.kinds[int(row["y"]), int(row["x"])]))
        assert row["kind"] == kind.name.lower()
    record = json.loads((tmp_path / "simulation.json").read_text())["sequence"]
    assert (record["seed"], record["frames"], record["scene"]) == (1, 5, "clouds")
    assert SequenceSettings.model_validate(record["settings"]) == settings


@pytest.mark.parametrize("file_format", ["png", "stack", "npy"])
def test_an_interrupted_run_leaves_a_whole_dataset(tmp_path: Path, file_format: Any) -> None:
    done = 0

    def interrupt() -> None:
        nonlocal done
        done += 1
        if done == 5:
            raise KeyboardInterrupt

    settings = SequenceSettings.checked(**SMALL)
    with pytest.raises(KeyboardInterrupt):
        write_sequence(
            tmp_path, settings, frames=200, seed=0, file_format=file_format, on_frame=interrupt
        )
    found = read_back(tmp_path)
    assert len(found) == 5
    last = read_numbered(found[4].image)
    np.testing.assert_array_equal(last, SimulatedSequence(settings, 200)[4].frame)


@pytest.mark.parametrize(
    ("values", "choices", "message"),
    [
        ({}, {"file_format": "gif"}, "format gif: give png, tiff, stack, npy"),
        ({}, {"name": "a/b"}, "name 'a/b'"),
        ({"artefacts": {"kelvin_per_count": 0.04}}, {}, "PNG has no float32"),
        ({"artefacts": {"nodata_tag": True}}, {"file_format": "npy"}, "is a tag of TIFF"),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path, values: dict[str, Any], choices: dict[str, Any], message: str
) -> None:
    settings = SequenceSettings.checked(**SMALL | values)
    with pytest.raises(SettingsError, match=message):
        write_sequence(tmp_path / "new", settings, frames=2, seed=0, **choices)
    assert not (tmp_path / "new").exists()


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(SettingsError, match="not empty"):
        write_sequence(tmp_path, SequenceSettings.checked(**SMALL), frames=2, seed=0)
