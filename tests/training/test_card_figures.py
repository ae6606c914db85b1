"""Thresholds on the card: what false points support, and how well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import LabelledFrame
from irpoint.evaluation import evaluate_predictions, load_split, predictions_of_model
from irpoint.evaluation.intervals import poisson_interval
from irpoint.evaluation.result import result
from irpoint.points import Points
from irpoint.runtime import Detector
from irpoint.training.card_figures import choose_thresholds, measure_figures
from support.models import draw_blobs


def frames(count: int, side: int, false_scores: list[float]) -> tuple[list[LabelledFrame], dict]:
    """Frames with a target each, found at 0.9, and false points of the given scores."""
    listed, found = [], {}
    spread = np.array_split(np.array(false_scores), count)
    for index, scores in enumerate(spread):
        path = Path(f"{index}.png")
        listed.append(
            LabelledFrame(str(index), path, (side, side), Points.labels([[5, 5]]), "made")
        )
        xy = [[5, 5], *([50.0, 20.0 + k] for k in range(len(scores)))]
        found[path] = Points(np.array(xy, np.float32), np.array([0.9, *scores], np.float32))
    return listed, found


def test_rates_that_few_false_points_support_are_null() -> None:
    scores = np.linspace(0.1, 0.5, 60).tolist()
    thresholds = choose_thresholds(*frames(4, 1000, scores), "val")  # 4 Mpx, 60 false points
    rates = thresholds.false_alarms_per_mpx
    assert rates["0.1"] is None
    assert thresholds.interval_95["0.1"] is None
    assert rates["1"] is None  # four false points
    assert rates["10"] is not None
    kept = sum(score >= rates["10"] for score in scores)
    assert kept == 40
    low, high = thresholds.interval_95["10"]
    assert low < 10 < high
    assert (low, high) == pytest.approx(tuple(v / 4 for v in poisson_interval(40)))


def test_rates_beyond_the_candidates_are_null() -> None:
    thresholds = choose_thresholds(*frames(4, 1000, [0.2] * 8), "val")
    assert thresholds.false_alarms_per_mpx["10"] is None


def test_figures_are_those_of_measured_points(model: Path, tmp_path: Path) -> None:
    """As ``irpoint evaluate`` gives them; the deviation is that of the network."""
    (tmp_path / "sky").mkdir()
    rng, lines = np.random.default_rng(3), ["image,x,y"]
    for index in range(24):
        x, y = rng.uniform((20, 20), (108, 76))
        Image.fromarray(draw_blobs([(x, y)], seed=index)).save(tmp_path / "sky" / f"{index}.png")
        lines.append(f"{index}.png,{x},{y}")
    (tmp_path / "sky" / "points.csv").write_text("\n".join(lines) + "\n")
    detector = Detector(model, backend="onnxruntime", threads=1)
    figures = measure_figures(detector, [tmp_path / "sky"], "all")
    split = load_split([tmp_path / "sky"], "all")
    level = figures.thresholds.default
    evaluation = evaluate_predictions(predictions_of_model(detector, split, level), split)
    assert figures.metrics == result(evaluation, "tiny")
    assert figures.fallback_std is not None
    assert figures.metrics["localisation_error_px"]["mean"] < 0.7 * figures.fallback_std
    assert figures.on(detector.card).fallback_std == figures.fallback_std
