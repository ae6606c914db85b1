"""Counts at every threshold, and thresholds chosen from them."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from irpoint.errors import EvaluationError
from irpoint.evaluation import evaluate, sweep
from support.evaluated_frames import frame, random_frames


def same(a: float, b: float) -> bool:
    """Whether two figures are equal; frames without a target have no recall, which is nan."""
    return bool(a == pytest.approx(b, nan_ok=True))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["point", "point-greedy"]))
@example(4875, "point")
def test_sweep_is_evaluation_at_every_threshold(seed, protocol):
    frames = random_frames(6, 8, seed)
    found = sweep(frames, protocol, radius=4)
    assert found.thresholds[0] > max(f.predicted.score.max() for f in frames)
    assert (np.diff(found.thresholds) < 0).all()
    for row, threshold in enumerate(found.thresholds.tolist()):
        figures = evaluate(frames, protocol, 4, threshold)
        assert (found.tp[row], found.fp[row], found.fn[row]) == (
            figures.tp,
            figures.fp,
            figures.fn,
        )
        assert same(found.f1[row], figures.f1)
        assert same(found.precision[row], figures.precision)
        assert same(found.recall[row], figures.recall)
        assert same(found.false_alarms_per_image[row], figures.false_alarms_per_image)
        assert same(found.false_alarms_per_mpx[row], figures.false_alarms_per_mpx)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_best_threshold_gives_the_best_f1(seed):
    frames = random_frames(6, 8, seed)
    found = sweep(frames)
    threshold, f1 = found.best_f1()
    assert f1 == found.f1.max()
    assert evaluate(frames, threshold=threshold).f1 == pytest.approx(f1)


def test_best_threshold_lies_midway_between_scores():
    frames = [frame([[10, 10]], [[10, 10], [50, 50]], [0.75, 0.25])]
    assert sweep(frames).best_f1() == (0.5, 1.0)


def test_best_threshold_is_the_highest_of_equally_good_ones():
    # F1 is 2/3 with the first alone, and again with all four.
    truth = [[10, 10], [20, 20]]
    predicted = [[10, 10], [90, 90], [80, 90], [20, 20]]
    found = sweep([frame(truth, predicted, [0.9, 0.7, 0.5, 0.3])])
    assert found.f1[1] == found.f1[4] == pytest.approx(2 / 3)
    assert found.best_f1() == pytest.approx((0.8, 2 / 3))


def test_best_threshold_keeps_neighbouring_floats_apart():
    score = np.float32(0.5)
    for _ in range(4):
        below, score = score, np.nextafter(score, np.float32(1))
        frames = [frame([[10, 10]], [[10, 10], [50, 50]], [score, below])]
        threshold, f1 = sweep(frames).best_f1()
        assert f1 == evaluate(frames, threshold=threshold).f1 == 1


def test_best_threshold_at_the_ends():
    everything = [frame([[10, 10]], [[10, 10]], [0.25])]
    assert sweep(everything).best_f1() == (0.25, 1.0)
    nothing = [frame([], [[10, 10]], [0.25])]
    threshold, f1 = sweep(nothing).best_f1()
    assert np.isnan(f1)
    assert evaluate(nothing, threshold=threshold).fp == 0
    assert sweep([frame([[1, 1]], [])]).best_f1() == (1.0, 0.0)


def test_threshold_for_a_false_alarm_rate():
    # 0.02 Mpx: one false point is 50 per Mpx.
    frames = [frame([[9, 9]], [[90, 90], [9, 9], [80, 90]], [0.75, 0.5, 0.25])]
    found = sweep(frames)
    assert found.at_false_alarms_per_mpx(0) > 0.75
    assert found.at_false_alarms_per_mpx(50) == 0.375
    assert found.at_false_alarms_per_mpx(99.9) == 0.375
    assert found.at_false_alarms_per_mpx(100) == 0.25
    for rate in (-1, float("nan")):
        with pytest.raises(EvaluationError, match="false-alarm rate"):
            found.at_false_alarms_per_mpx(rate)


def test_sweep_of_a_validation_split_is_quick_enough_for_training():
    frames = random_frames(400, 20)
    start = time.process_time()
    sweep(frames)
    assert time.process_time() - start < 2
