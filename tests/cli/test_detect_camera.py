"""``irpoint detect --camera``: columns, tables, the line that states the axes, and errors."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.models import write_moving_target


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_moving_target(tmp_path / "sky", 5, 4)


@pytest.fixture
def calibration(folder: Path, tmp_path: Path) -> Path:
    with Image.open(sorted(folder.glob("*.png"))[0]) as picture:
        size = picture.size
    path = tmp_path / "lwir.json"
    matrix = [[500, 0, 60], [0, 500, 40], [0, 0, 1]]
    path.write_text(json.dumps({"K": matrix, "D": [0, 0, 0, 0, 0], "image_size": size}))
    return path


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "points.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_points_and_tracks_have_directions(
    cli: Any, folder: Path, model: Path, calibration: Path, tmp_path: Path
) -> None:
    run = ("detect", folder, "--model", model, "--camera", calibration, "--out", tmp_path / "out")
    _, _, err = cli(*run)
    assert "; angles in degrees, camera axes; " in err
    assert " azimuth   elevation" in err
    found = rows(tmp_path / "out")
    assert list(found[0])[-5:] == ["flags", "azimuth", "elevation", "azimuth_std", "elevation_std"]
    for row in found:
        slope = (float(row["x"]) - 60) / 500
        assert float(row["azimuth"]) == pytest.approx(np.degrees(np.arctan(slope)), abs=2e-4)
        assert 0 < float(row["azimuth_std"]) < 1
    tracked = cli(*run, "--track")[2]
    assert "last az °" in tracked
    last = rows(tmp_path / "out")[-1]
    assert last["track"]
    assert f"{float(last['azimuth']):.3f}" in tracked


def test_without_measuring_deviations_are_empty(
    cli: Any, folder: Path, model: Path, calibration: Path
) -> None:
    _, out, _ = cli("detect", folder, "--model", model, "--camera", calibration, "--no-measure")
    header, first, *_ = csv.reader(out.splitlines())
    assert header[-4:] == ["azimuth", "elevation", "azimuth_std", "elevation_std"]
    assert first[-4]
    assert first[-3]
    assert first[-2:] == ["", ""]


def test_the_axes_of_a_mounted_camera(
    cli: Any, folder: Path, model: Path, calibration: Path, tmp_path: Path
) -> None:
    mount = tmp_path / "mount.json"
    attitude = {"yaw": 90, "pitch": 0, "roll": 0}
    mount.write_text(json.dumps({"irpoint": {"camera": "lwir.json", "attitude": attitude}}))
    run = ("detect", folder, "--model", model, "--camera", mount, "--format", "json")
    _, out, err = cli(*run)
    content = json.loads(out)
    assert content["angles"]["reference"] == "north-east-down"
    assert "north-east-down axes" in err
    azimuths = [point["azimuth"] for frame in content["frames"] for point in frame["points"]]
    assert azimuths
    assert all(80 < azimuth < 100 for azimuth in azimuths)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"image_size": [640, 512]}, "is for frames of 640×512, not "),
        ({"D": [1, 2, 3]}, "D has 3 coefficients"),
        ({"K": 5}, "K has 1 numbers, not 3×3"),
    ],
)
def test_a_wrong_calibration_is_one_line(
    cli: Any, folder: Path, model: Path, calibration: Path, changes: dict[str, Any], reason: str
) -> None:
    calibration.write_text(json.dumps(json.loads(calibration.read_text()) | changes))
    code, _, err = cli("detect", folder, "--model", model, "--camera", calibration)
    assert code == 1
    (line,) = err.splitlines()
    assert line.startswith("irpoint: error: ")
    assert reason in line


def test_a_missing_calibration_is_one_line(cli: Any, folder: Path, model: Path) -> None:
    code, _, err = cli("detect", folder, "--model", model, "--camera", "nowhere.yaml")
    assert code == 1
    assert err.startswith("irpoint: error: camera file nowhere.yaml: cannot be read")
    assert len(err.splitlines()) == 1


def test_points_without_a_direction_are_reported_once(
    cli: Any, folder: Path, model: Path, calibration: Path
) -> None:
    content = json.loads(calibration.read_text())
    content["K"] = [[20, 0, 0], [0, 20, 0], [0, 0, 1]]  # the target is 60° from the axis
    content["D"] = [-0.3, 0, 0, 0, 0]
    calibration.write_text(json.dumps(content))
    _, out, err = cli("detect", folder, "--model", model, "--camera", calibration)
    assert err.count("some points have no angles: they lie beyond 46.5°") == 1
    assert all(row[-4:] == [""] * 4 for row in list(csv.reader(out.splitlines()))[1:])
