"""Measured points in CSV, JSON and COCO: their columns, digits, and values that lack."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from irpoint.evaluation import read_predictions
from irpoint.measurement import Flag
from irpoint.points import FrameResult, Points
from irpoint.sinks import PointsWriter
from support.measured import COLUMNS, measured_points

VALUES = {
    "x_std": 0.0612345, "y_std": 0.05, "xy_cov": -1.23456e-5, "amplitude": -1234.5678,
    "background": 30123.456, "snr": 20.123456, "scr": np.nan, "width": 0.9, "flux": -98765.4321,
    "chi2": 1.0, "flags": Flag.SATURATED | Flag.BLENDED,
}  # fmt: skip
FRAMES = [
    FrameResult("a.png", 0, None, (40, 60), measured_points([(10.5, 20.25), (3, 4)], **VALUES)),
    FrameResult("b.png", 0, None, (40, 60), Points.empty()),
]


def written(file_format: str, target: io.BytesIO | Path, **columns: bool) -> PointsWriter:
    writer = PointsWriter(file_format, target, **columns)
    for frame in FRAMES:
        writer.add(frame)
    writer.close()
    return writer


def text(file_format: str, **columns: bool) -> str:
    stream = io.BytesIO()
    written(file_format, stream, **columns)
    return stream.getvalue().decode()


def test_the_columns_of_csv_follow_the_old_ones() -> None:
    rows = list(csv.reader(io.StringIO(text("csv", measured=True, polarity=True))))
    assert rows[0] == ["source", "frame", "x", "y", "score", "polarity", *COLUMNS]
    assert rows[1][:6] == ["a.png", "0", "10.500", "20.250", "0.9000", "bright"]
    assert dict(zip(COLUMNS, rows[1][6:], strict=True)) == {
        "x_std": "0.06123", "y_std": "0.05", "xy_cov": "-1.235e-05", "amplitude": "-1234.57",
        "background": "30123.46", "snr": "20.12", "scr": "", "width": "0.9", "flux": "-98765.4",
        "chi2": "1", "flags": "saturated|blended",
    }  # fmt: skip
    assert len(rows) == 3


@pytest.mark.parametrize("file_format", ["json", "coco"])
def test_a_point_of_json_and_coco_has_the_columns_and_the_place_of_the_network(file_format) -> None:
    content = json.loads(text(file_format, measured=True))
    listed = content["annotations"] if file_format == "coco" else content["frames"][0]["points"]
    point = listed[0]
    assert list(point)[-len(COLUMNS) - 2 :] == ["network_x", "network_y", *COLUMNS]
    assert (point["network_x"], point["network_y"]) == (10.75, 20.25)
    assert point["x_std"] == 0.06123
    assert point["scr"] is None
    assert point["flags"] == ["saturated", "blended"]
    if file_format == "coco":
        assert (point["keypoints"], point["num_keypoints"]) == ([10.5, 20.25, 2], 1)


@pytest.mark.parametrize("file_format", ["csv", "json", "coco"])
def test_measured_values_are_written_only_if_asked_for(file_format) -> None:
    assert "x_std" not in text(file_format)


def test_points_that_were_not_measured_have_empty_cells() -> None:
    stream = io.BytesIO()
    writer = PointsWriter("csv", stream, measured=True)
    writer.add(FrameResult("a.png", 0, None, (40, 60), Points.labels([(1, 2)])))
    assert stream.getvalue().decode().splitlines()[1] == "a.png,0,1.000,2.000,1.0000" + "," * 11


@pytest.mark.parametrize("file_format", ["csv", "json", "coco"])
def test_evaluate_reads_the_measured_places(file_format, tmp_path: Path) -> None:
    path = written(file_format, tmp_path, measured=True).path
    assert path is not None
    read = read_predictions(path)["a.png"]
    np.testing.assert_allclose(read.xy, FRAMES[0].points.xy, atol=1e-3)
