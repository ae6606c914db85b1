"""Frames with targets and predictions, for tests of the evaluation."""

from __future__ import annotations

import numpy as np

from irpoint.evaluation import EvaluatedFrame
from irpoint.points import Points


def frame(truth, predicted, scores=None, shape=(100, 200), name="a") -> EvaluatedFrame:
    xy = np.array(predicted, np.float32).reshape(-1, 2)
    score = np.ones(len(xy)) if scores is None else np.array(scores)
    return EvaluatedFrame(name, "set", shape, Points.labels(truth), Points(xy, score))


def random_frames(count: int, candidates: int, seed: int = 0) -> list[EvaluatedFrame]:
    random = np.random.default_rng(seed)
    frames = []
    for index in range(count):
        truth = random.uniform(0, 64, (random.integers(0, 4), 2))
        close = truth + random.normal(0, 2, truth.shape)
        stray = random.uniform(0, 64, (max(0, candidates - len(truth)), 2))
        predicted = np.concatenate([close, stray])
        # Few distinct scores, so that ties are common.
        scores = random.integers(1, 40, len(predicted)) / 40
        frames.append(frame(truth, predicted, scores, (64, 64), str(index)))
    return frames
