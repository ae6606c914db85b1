"""Angles in a whole run: with tracks, on resume, and with a camera that does not fit."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint import Camera, Detector, FrameResult, Points
from irpoint.errors import SettingsError
from irpoint.frames.source import Skipped
from irpoint.measuring.camera.readout import Readout
from irpoint.pipeline import add_angles, detect
from irpoint.points import TrackState
from support.measured import measured_points
from support.models import write_moving_target

MATRIX = np.array([[500.0, 0, 60], [0, 500, 40], [0, 0, 1]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_moving_target(tmp_path / "sky", 5, 4)


@pytest.fixture
def camera(folder: Path) -> Camera:
    with Image.open(sorted(folder.glob("*.png"))[0]) as picture:
        return Camera(MATRIX, readout=Readout(picture.size))


@pytest.fixture
def detector(model: Path) -> Detector:
    return Detector(model, backend="onnxruntime", threads=1)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "points.csv").open() as stream:
        return list(csv.DictReader(stream))


def check_rows(rows: list[dict[str, str]]) -> None:
    assert rows
    for row in rows:
        x = float(row["x"])
        assert float(row["azimuth"]) == pytest.approx(
            np.degrees(np.arctan((x - 60) / 500)), abs=1e-4
        )


def test_tracks_have_the_direction_of_their_last_point(
    folder: Path, detector: Detector, camera: Camera, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    summary = detect(folder, detector, out, camera=camera, track=True)
    rows = rows_of(out)
    check_rows(rows)
    assert summary.angles == "camera"
    assert summary.tracks is not None
    (track,) = summary.tracks
    assert track.direction is not None
    assert track.direction[0] == pytest.approx(float(rows[-1]["azimuth"]), abs=1e-6)
    assert summary.first[0].angles is not None


def test_a_track_without_a_point_in_this_frame_has_a_direction() -> None:
    camera = Camera(MATRIX, readout=Readout((60, 40)))
    coasts = TrackState(1, 20.25, 10.5, 0.3, 0.4, 1.0, 0.0, 9, detected=False, dark=False)
    without_deviations = TrackState(2, 5.0, 6.0, None, None, 0.0, 0.0, 9, True, False)
    tracks = (coasts, without_deviations)
    frame = FrameResult("a.npy", 0, None, (40, 60), Points.empty(), track_ids=(), tracks=tracks)
    (result,) = add_angles([frame], camera)
    assert isinstance(result, FrameResult)
    assert result.track_angles is not None
    first, second = result.track_angles.rows()
    place = measured_points([(20.25, 10.5)])
    assert place.measured is not None
    expected = camera.angles(place, covariance=np.diag([0.3**2, 0.4**2])[None])
    assert first == pytest.approx(expected.rows()[0])
    assert first[2] == pytest.approx(np.degrees(0.3 / 500), rel=0.02)
    assert second[:2] == pytest.approx(camera.angles(np.array([[5.0, 6.0]])).rows()[0][:2])
    assert np.isnan(second[2:]).all()


def test_json_states_the_axes(
    folder: Path, detector: Detector, camera: Camera, tmp_path: Path
) -> None:
    world = camera.with_attitude(100, 0, 0)
    detect(folder, detector, tmp_path / "out", camera=world, file_format="json")
    content = json.loads((tmp_path / "out" / "points.json").read_text())
    assert content["angles"]["reference"] == "north-east-down"
    azimuths = [point["azimuth"] for frame in content["frames"] for point in frame["points"]]
    assert azimuths
    assert all(90 < azimuth < 110 for azimuth in azimuths)


def test_a_resumed_run_has_the_angles_of_its_own_camera(
    folder: Path, detector: Detector, camera: Camera, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def stop(item: FrameResult | Skipped, _: object) -> None:
        if item.source.endswith("3.png"):
            raise KeyboardInterrupt

    assert detect(folder, detector, out, camera=camera.with_attitude(9, 0, 0), watch=stop).stopped
    summary = detect(folder, detector, out, camera=camera)
    assert summary.resumed > 0
    assert summary.points == len(rows_of(out))
    check_rows(rows_of(out))


def test_a_camera_of_another_size_is_refused_at_the_first_frame(
    folder: Path, detector: Detector, tmp_path: Path
) -> None:
    camera = Camera(MATRIX, readout=Readout((640, 512)), name="camera file cal.yaml")
    with pytest.raises(SettingsError, match=r"camera file cal\.yaml: is for frames of 640×512"):
        detect(folder, detector, tmp_path / "out", camera=camera)
    assert not (tmp_path / "out" / "points.csv").exists()


def test_frames_of_another_size_are_skipped_after_some_that_fit() -> None:
    camera = Camera(MATRIX, readout=Readout((60, 40)))
    points = measured_points([(10, 20)])
    frames = [
        FrameResult("a.png", 0, None, (40, 60), points),
        FrameResult("b.tif", 0, None, (40, 30), points),
        FrameResult("b.tif", 1, None, (40, 30), points),
        Skipped("c.png", "gone"),
        FrameResult("d.png", 0, None, (40, 60), Points.empty()),
    ]
    first, strays, missing, last = add_angles(frames, camera)
    assert isinstance(first, FrameResult)
    assert first.angles == camera.angles(points)
    assert isinstance(strays, Skipped)
    assert strays.reason.startswith("b.tif: camera: is for frames of 60×40, not 30×40")
    assert missing == frames[3]
    assert isinstance(last, FrameResult)
    assert last.angles is not None
    assert len(last.angles) == 0
