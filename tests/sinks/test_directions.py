"""Azimuth and elevation in CSV, JSON and COCO: their columns, digits, axes, and unknown values."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irpoint import Angles, FrameResult, Points
from irpoint.evaluation import read_predictions
from irpoint.sinks import PointsWriter
from support.measured import measured_points

NAMES = ["azimuth", "elevation", "azimuth_std", "elevation_std"]
ANGLES = Angles(
    [359.9999999, 12.3456789, np.nan],  # type: ignore[arg-type]
    [-1e-9, -0.5, np.nan],  # type: ignore[arg-type]
    [0.0123456, np.nan, np.nan],  # type: ignore[arg-type]
    [1.23456e-5, np.nan, np.nan],  # type: ignore[arg-type]
    "north-east-down",
)
RESULT = FrameResult(
    "a.png", 0, None, (40, 60), measured_points([(10, 20), (3, 4), (5, 6)]), angles=ANGLES
)


def text(file_format: str, **columns: Any) -> str:
    stream = io.BytesIO()
    writer = PointsWriter(file_format, stream, **columns)
    writer.add(RESULT)
    writer.close()
    return stream.getvalue().decode()


def test_the_columns_of_csv_are_the_last() -> None:
    rows = list(csv.reader(io.StringIO(text("csv", measured=True, angles="north-east-down"))))
    assert rows[0][-5:] == ["flags", *NAMES]
    assert [row[-4:] for row in rows[1:]] == [
        ["0.000000", "0.000000", "0.01235", "1.235e-05"],  # an azimuth never rounds up to 360
        ["12.345679", "-0.500000", "", ""],
        ["", "", "", ""],
    ]


@pytest.mark.parametrize("file_format", ["json", "coco"])
def test_json_and_coco_state_the_unit_and_the_axes(file_format: str) -> None:
    content = json.loads(text(file_format, angles="north-east-down"))
    stated = content["info"]["angles"] if file_format == "coco" else content["angles"]
    assert (stated["reference"], stated["unit"]) == ("north-east-down", "degree")
    assert "from north" in stated["axes"]
    coco = file_format == "coco"
    points = content["annotations"] if coco else content["frames"][0]["points"]
    assert list(points[0])[-4:] == NAMES
    assert [points[1][name] for name in NAMES] == [12.345679, -0.5, None, None]
    assert [points[2][name] for name in NAMES] == [None] * 4


@pytest.mark.parametrize("file_format", ["csv", "json", "coco"])
def test_directions_are_written_only_if_asked_for(file_format: str) -> None:
    assert "azimuth" not in text(file_format)
    assert "angles" not in text(file_format)


def test_results_without_angles_have_empty_cells() -> None:
    stream = io.BytesIO()
    writer = PointsWriter("csv", stream, angles="camera")
    writer.add(FrameResult("a.png", 0, None, (40, 60), Points.labels([(1, 2)])))
    assert stream.getvalue().decode().splitlines()[1] == "a.png,0,1.000,2.000,1.0000,,,,"


@pytest.mark.parametrize("file_format", ["csv", "json", "coco"])
def test_evaluate_reads_such_files(file_format: str, tmp_path: Path) -> None:
    writer = PointsWriter(file_format, tmp_path, measured=True, angles="camera")
    writer.add(RESULT)
    writer.close()
    assert writer.path is not None
    np.testing.assert_allclose(read_predictions(writer.path)["a.png"].xy, RESULT.points.xy)
