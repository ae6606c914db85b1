"""Evaluation of a split from Python: as the command does it, in a few lines."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.errors import EvaluationError
from irpoint.evaluation import (
    evaluate_predictions,
    load_split,
    predictions_of_file,
    predictions_of_model,
    result,
)
from irpoint.frames import read_frame
from irpoint.runtime import Detector


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset of two frames: a has a target at (41, 31), b has none."""
    root = tmp_path / "Sky"
    for name in ("images", "masks"):
        (root / name).mkdir(parents=True)
    frame = np.full((64, 64), 100, np.uint8)
    target = np.zeros((64, 64), np.uint8)
    target[30:33, 40:43] = 100
    for name, mask in (("a", target), ("b", np.zeros_like(target))):
        Image.fromarray(frame + mask).save(root / "images" / f"{name}.png")
        Image.fromarray(mask).save(root / "masks" / f"{name}.png")
    return root


@pytest.fixture
def points_file(tmp_path: Path) -> Path:
    path = tmp_path / "points.csv"
    path.write_text("image,x,y,score\na,41,31,0.9\nb,5,5,0.3\n")
    return path


def test_points_of_a_file(folder: Path, points_file: Path) -> None:
    split = load_split([folder], "all")
    evaluation = evaluate_predictions(predictions_of_file(points_file, split, 0.5), split)
    assert (evaluation.pooled.tp, evaluation.pooled.fp, evaluation.pooled.fn) == (1, 0, 0)
    assert list(evaluation.datasets) == ["Sky"]


def test_points_of_a_model(folder: Path, model: Path) -> None:
    split = load_split([folder], "all")
    detector = Detector(model, backend="onnxruntime", threads=1)
    predictions = predictions_of_model(detector, split)
    assert predictions.threshold == detector.threshold
    evaluation = evaluate_predictions(predictions, split).pooled
    assert evaluation.tp == 1
    # Candidates below the threshold are kept for figures over scores, but do not count.
    counted = [detector(read_frame(frame.image)) for frame in split.frames]
    assert evaluation.tp + evaluation.fp == sum(map(len, counted))
    for frame, points in zip(split.frames, counted, strict=True):
        assert set(points.score) <= set(predictions.points[frame.image].score)


def test_the_command_writes_the_same_result(cli, folder: Path, points_file: Path) -> None:
    split = load_split([folder], "all")
    own = result(evaluate_predictions(predictions_of_file(points_file, split), split), None)
    code, out, _ = cli(
        "evaluate", "--data", folder, "--split", "all", "--predictions", points_file, "--json", "-"
    )
    assert code == 0
    assert json.loads(out) == own


def test_two_datasets_of_one_name_are_refused(folder: Path) -> None:
    with pytest.raises(EvaluationError, match="two datasets are named 'Sky'"):
        load_split([folder, folder], "all")
