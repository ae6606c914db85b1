"""Results and runs from which reports are made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("jinja2", reason="needs the extra report")
from irpoint.errors import EvaluationError
from irpoint.report import write_report
from irpoint.report.examples import outcomes_of
from irpoint.report.inputs import read_model
from irpoint.report.model import ReportedModel
from irpoint.report.outcomes import NEVER


def with_scores(file: Path, score: float | None = None, **changes: object) -> Path:
    """Set the scores of all detections, or subtract 2 from them, and change other fields."""
    content = json.loads(file.read_text())
    for frame in content["frames"]:
        frame["predicted"] = [
            [x, y, s - 2 if score is None else score] for x, y, s in frame["predicted"]
        ]
    file.write_text(json.dumps(content | changes))
    return file


def found_targets(model: ReportedModel) -> int:
    """Targets that the examples show as found, at the threshold in use."""
    frames, stop = outcomes_of(model), model.stops.default
    return sum(
        frame.found_by(target, stop) != NEVER
        for frame in frames
        for target in range(len(frame.runs))
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("junk", "is not JSON"),
        ("{}", "has no frames"),
        ('{"frames": []}', "has no frames"),
        ('{"frames": [{"name": 3}]}', "frames.0"),
        ('{"frames": [], "protocol": "point-greedy"}', "protocol point-greedy"),
        ('{"frames": [], "threshold": "high"}', "threshold: should be a valid number"),
        ('{"frames": [], "radius_px": 0}', "radius_px: should be greater than 0"),
        ('{"frames": [], "trained_on": 5}', "trained_on"),
        ('{"frames": [{"predicted": [[1, 2, 1e99]]}]}', "frames.0"),
    ],
)
def test_wrong_results_are_refused(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "result.json"
    file.write_text(content)
    with pytest.raises(EvaluationError, match=problem) as raised:
        read_model(file)
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_not_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="is not a training run"):
        read_model(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("settings.json", b'{"data": ["x"]}', "settings.json: val_split: "),
        ("settings.json", b'{"data": [5], "val_split": "val"}', "settings.json: data.0: "),
        ("settings.json", b"\xff", "settings.json: "),
        ("logs/csv/metrics.csv", b"epoch\nten\n", "metrics.csv: not a training log"),
        ("logs/csv/metrics.csv", b"epoch\n\xff\n", "metrics.csv: not a training log"),
    ],
)
def test_a_damaged_run_is_refused(
    scenes: Path,
    write_model: Callable[..., Path],
    tmp_path: Path,
    name: str,
    content: bytes,
    problem: str,
) -> None:
    run = tmp_path / "run"
    write_model(run / "model.onnx")
    (run / "settings.json").write_text(json.dumps({"data": [str(scenes)], "val_split": "all"}))
    (run / name).parent.mkdir(parents=True, exist_ok=True)
    (run / name).write_bytes(content)
    with pytest.raises(EvaluationError, match=problem) as raised:
        read_model(run)
    assert "\n" not in str(raised.value)


def test_without_a_threshold_every_detection_counts(results: list[Path]) -> None:
    model = read_model(with_scores(results[0], threshold=None))
    detections = sum(len(frame.predicted) for frame in model.frames)
    assert model.evaluation.tp + model.evaluation.fp == detections
    assert model.stops.used == "every point"
    assert found_targets(model) == model.evaluation.tp


def test_a_score_at_the_threshold_counts_in_figures_and_outcomes(results: list[Path]) -> None:
    score = float(np.float32(0.7))  # a little less than 0.7
    model = read_model(with_scores(results[0], score, threshold=0.7))
    assert model.evaluation.tp > 0
    assert found_targets(model) == model.evaluation.tp


def test_a_run_is_evaluated_on_its_validation_split(
    scenes: Path, write_model: Callable[..., Path], tmp_path: Path
) -> None:
    run = tmp_path / "runs" / "1"
    write_model(run / "model.onnx", name="mine", data=[scenes.name], split="train")
    (run / "settings.json").write_text(json.dumps({"data": [str(scenes)], "val_split": "all"}))
    log = run / "logs" / "csv" / "metrics.csv"
    log.parent.mkdir(parents=True)
    log.write_text("epoch,train_loss,val_f1\n0,0.5,\n0,,0.75\n")
    model = read_model(run)
    assert (model.name, model.split, len(model.frames)) == ("mine", "all", 12)
    assert model.trained_on == (scenes.name,)
    assert model.training == ({"epoch": 0, "train_loss": 0.5}, {"epoch": 0, "val_f1": 0.75})
    write_report([run], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "<h3>Training loss</h3>" in page
    assert "<h3>Validation F1</h3>" in page
    assert "mine: training run" in page
    assert '<th scope="row">val_split</th><td>all</td>' in page
