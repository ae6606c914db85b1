"""Odds of scores, and labelled frames whose candidates are real with a known probability."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irpoint.evaluation import EvaluatedFrame
from irpoint.points import Points
from irpoint.zoo import ScoreOdds


def odds_values(**changes: Any) -> dict[str, Any]:
    """Odds as JSON values: 1 to 9 at a score of 0.2, 9 to 1 at 0.8; a fifth was real."""
    return {
        "form": "logistic", "scores": [0.2, 0.8], "log_odds": [-np.log(9), np.log(9)],
        "prior": 0.2, "candidates": 1000, "real": 200, "megapixels": 10.0, "lowest_score": 0.05,
        "radius_px": 5.0, "data": ["Sky"], "split": "val", "chosen": "by hand", "log_loss": 0.2,
        "brier": 0.1, "calibration_error": 0.01,
    } | changes  # fmt: skip


def made_odds(**changes: Any) -> ScoreOdds:
    """:func:`odds_values` as a record."""
    return ScoreOdds.model_validate(odds_values(**changes))


def frames_of(
    probability: Callable[[np.ndarray], np.ndarray], count: int = 100, each: int = 20, seed: int = 0
) -> list[EvaluatedFrame]:
    """Frames with candidates at uniform scores, real with the given probability of their score."""
    random = np.random.default_rng(seed)
    frames = []
    for number in range(count):
        score = random.uniform(0.05, 1, each).astype(np.float32)
        xy = np.stack([20.0 * np.arange(each), np.full(each, 9.0)], axis=1)
        real = random.random(each) < probability(score)
        truth, predicted = Points.labels(xy[real]), Points(xy + 0.5, score)
        frames.append(EvaluatedFrame(str(number), "Sky", (20, 420), truth, predicted))
    return frames
