"""A model whose card knows what a score means: detection writes the probability of each point."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from irpoint import Detector
from irpoint.errors import SettingsError
from irpoint.pipeline import detect
from support.models import draw_blobs
from support.odds import odds_values


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    Image.fromarray(draw_blobs([(40, 30), (80, 60)])).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_the_probability_is_that_of_the_card(write_model: Any, frame: Path, tmp_path: Path) -> None:
    detector = Detector(write_model(score_odds=odds_values()))
    detect(frame, detector, tmp_path / "out")
    rows = list(csv.DictReader((tmp_path / "out" / "points.csv").open()))
    expected = detector.probability(detector(frame))
    assert [float(row["probability"]) for row in rows] == pytest.approx(expected, abs=1e-4)
    detect(frame, detector, tmp_path / "out", file_format="json")
    content = json.loads((tmp_path / "out" / "points.json").read_text())
    assert content["probability"]["prior"] == 0.2
    assert len(content["frames"][0]["points"]) == len(rows) == 2


def test_another_prior_is_applied_and_stated(write_model: Any, frame: Path, tmp_path: Path) -> None:
    model = write_model(score_odds=odds_values())
    detector = Detector(model, prior=0.01)
    detect(frame, detector, tmp_path, file_format="json")
    content = json.loads((tmp_path / "points.json").read_text())
    points = detector(frame)
    expected = Detector(model).probability(points, prior=0.01)
    assert content["probability"]["prior"] == 0.01
    assert [one["probability"] for one in content["frames"][0]["points"]] == pytest.approx(
        expected, abs=1e-4
    )
    assert (detector.probability(points) < Detector(model).probability(points)).all()


def test_a_prior_needs_odds(model: Path) -> None:
    with pytest.raises(SettingsError, match="'tiny' does not know what a score means"):
        Detector(model, prior=0.01)


def test_a_card_without_odds_adds_no_column(model: Path, frame: Path, tmp_path: Path) -> None:
    detect(frame, Detector(model), tmp_path / "out")
    assert "probability" not in (tmp_path / "out" / "points.csv").read_text()
