"""The reliability diagram of a report: on which frames, with which probabilities."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from irpoint.evaluation.candidates import Candidates
from irpoint.evaluation.reliability import brier
from irpoint.report import write_report
from irpoint.report.reliability import measure_reliability
from support.odds import frames_of, made_odds, odds_values

TITLE = "Calibration of scores"


def test_a_result_with_odds_has_a_diagram(results: list[Path], tmp_path: Path) -> None:
    content = json.loads(results[0].read_text())
    content["score_odds"] = odds_values(lowest_score=0.2)
    results[0].write_text(json.dumps(content))
    write_report(results, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.count(f">{TITLE}</h2>") == 1
    assert "fitted to split “val” of Sky, where 20 % of the points were real" in " ".join(
        page.split()
    )
    assert "share that is real" in page


def test_a_result_without_odds_has_none(results: list[Path], tmp_path: Path) -> None:
    write_report(results, tmp_path / "report.html")
    assert TITLE not in (tmp_path / "report.html").read_text()


def test_on_other_frames_the_probabilities_are_those_of_the_card() -> None:
    frames, odds = frames_of(lambda s: s), made_odds()
    found = measure_reliability(frames, odds, "test", ["Sky"], 5.0)
    points = Candidates.of(frames, odds.lowest_score)
    assert found is not None
    assert (found.count, found.real) == (len(points), points.real.sum())
    assert found.brier == brier(odds.probability(points.score), points.real)
    assert sum(part.count for part in found.bins) == found.count


@pytest.mark.parametrize(("split", "data"), [("val", ["Sky"]), ("all", ["Sea", "Sky"])])
def test_on_the_frames_of_the_fit_they_are_cross_validated(split: str, data: list[str]) -> None:
    found = measure_reliability(frames_of(lambda s: s), made_odds(), split, data, 5.0)
    assert found is not None
    assert "cross-validated: 10 fits (logistic)" in found.origin
    assert found.calibration_error < 0.05


def test_the_same_list_of_other_data_is_not_that_of_the_fit() -> None:
    found = measure_reliability(frames_of(lambda s: s), made_odds(), "val", ["Sea"], 5.0)
    assert found is not None
    assert "Probabilities of the card" in found.origin


def test_too_few_points_to_cross_validate_give_no_diagram() -> None:
    frames = frames_of(lambda s: s, count=5)
    assert measure_reliability(frames, made_odds(), "val", ["Sky"], 5.0) is None
    assert measure_reliability([], made_odds(), "test", ["Sky"], 5.0) is None
