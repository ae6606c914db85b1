"""The probability of a point in each format, and the prior that it holds at."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

from irpoint.points import FrameResult, Points
from irpoint.sinks import PointsWriter
from support.odds import made_odds

POINTS = Points(np.array([[1, 2], [3, 4.0]]), np.array([0.8, 0.5]))
FRAME = FrameResult("a.png", 0, 0.25, (8, 8), POINTS, track_ids=(1, 2))


def written(file_format: str, **columns: Any) -> str:
    stream = io.BytesIO()
    writer = PointsWriter(file_format, stream, **columns)
    writer.add(FRAME)
    writer.close()
    return stream.getvalue().decode()


def test_csv_has_it_in_the_last_column() -> None:
    text = written("csv", clock=True, tracks=True, measured=True, odds=made_odds())
    assert text.splitlines()[0].endswith(",flags,probability")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["probability"] for row in rows] == ["0.9000", "0.5000"]
    assert [row["flags"] for row in rows] == ["", ""]


def test_json_states_the_prior() -> None:
    content = json.loads(written("json", odds=made_odds()))
    assert content["probability"] == {"prior": 0.2, "data": ["Sky"], "split": "val"}
    found = [point["probability"] for point in content["frames"][0]["points"]]
    assert found == [0.9, 0.5]


def test_coco_states_the_prior_in_its_info() -> None:
    content = json.loads(written("coco", odds=made_odds()))
    assert content["info"]["probability"]["prior"] == 0.2
    assert [one["probability"] for one in content["annotations"]] == [0.9, 0.5]


@pytest.mark.parametrize("file_format", ["csv", "json", "coco"])
def test_without_odds_there_is_none(file_format: str) -> None:
    assert "probability" not in written(file_format)
