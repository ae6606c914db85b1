"""Counts, figures, intervals and the sweep of thresholds."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.errors import EvaluationError
from irpoint.evaluation import EvaluatedFrame, bootstrap_intervals, evaluate, sweep
from irpoint.evaluation.ratios import ratios
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


def test_figures_worked_by_hand():
    rated = evaluate(
        [
            frame([[10, 10], [50, 50]], [[13, 14], [90, 90], [70, 20]]),
            frame([], [[5, 5]]),
            frame([[20, 20]], [[20, 19]]),
            frame([], []),
        ]
    )
    assert (rated.tp, rated.fp, rated.fn, rated.images, rated.targets) == (2, 3, 1, 4, 3)
    assert rated.precision == pytest.approx(2 / 5)
    assert rated.recall == pytest.approx(2 / 3)
    assert rated.f1 == pytest.approx(1 / 2)
    assert rated.false_alarms_per_image == pytest.approx(3 / 4)
    assert rated.false_alarms_per_mpx == pytest.approx(3 / 0.08)
    error = rated.localisation_error
    assert error is not None
    assert (error.mean, error.median, error.p95) == pytest.approx((3, 3, 4.8))
    assert (error.bias_x, error.bias_y) == pytest.approx((1.5, 1.5))
    assert [(f.tp, f.fp, f.fn) for f in rated.frames] == [(1, 2, 1), (0, 1, 0), (1, 0, 0), (0,) * 3]


def test_false_alarms_follow_the_pixels_of_every_frame():
    rated = evaluate([frame([], [[1, 1]], shape=(1000, 1000)), frame([], [], shape=(1000, 3000))])
    assert rated.false_alarms_per_mpx == pytest.approx(0.25)


def test_bias_is_predicted_minus_true():
    error = evaluate([frame([[10, 10]], [[11, 8]])]).localisation_error
    assert error is not None
    assert (error.bias_x, error.bias_y) == (1, -2)


def test_nothing_to_find_and_nothing_said_is_perfect():
    rated = evaluate([frame([], [])])
    assert (rated.precision, rated.recall, rated.f1) == (1, 1, 1)
    assert rated.false_alarms_per_image == 0
    assert rated.localisation_error is None


@pytest.mark.parametrize(("truth", "predicted"), [([[1, 1]], []), ([], [[1, 1]])])
def test_one_empty_side_scores_nothing(truth, predicted):
    rated = evaluate([frame(truth, predicted)])
    assert (rated.precision, rated.recall, rated.f1) == (0, 0, 0)
    assert rated.localisation_error is None


def test_ratios_take_arrays():
    found = ratios([0, 3, 0], [0, 1, 2], [0, 0, 5])
    assert found.precision.tolist() == [1, 0.75, 0]
    assert found.recall.tolist() == [1, 1, 0]
    assert found.f1 == pytest.approx([1, 6 / 7, 0])


def test_threshold_is_inclusive_in_float32():
    frames = [frame([[1, 1]], [[1, 1], [50, 50]], [0.35, 0.3])]
    assert evaluate(frames, threshold=0.35).tp == 1
    assert evaluate(frames, threshold=0.35).fp == 0
    assert evaluate(frames, threshold=0.36).tp == 0
    assert evaluate(frames, threshold=None).fp == 1


def test_protocol_and_radius_are_used():
    frames = [frame([[0, 0], [4, 0]], [[1, 0], [-4, 0]])]
    assert evaluate(frames, "point").tp == 2
    assert evaluate(frames, "point-greedy").tp == 1
    assert evaluate(frames, "point", radius=3.5).tp == 1


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"protocol": "mask"}, "protocol 'mask'"),
        ({"radius": 0}, "radius 0"),
        ({"threshold": float("nan")}, "threshold nan"),
    ],
)
def test_settings_out_of_range_are_refused(settings_, message):
    with pytest.raises(EvaluationError, match=message):
        evaluate([frame([], [])], **settings_)


def test_no_frame_is_refused():
    for run in (evaluate, sweep):
        with pytest.raises(EvaluationError, match="no frame"):
            run([])
    with pytest.raises(EvaluationError, match="shape"):
        frame([], [], shape=(0, 5))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["point", "point-greedy"]))
def test_counts_add_up(seed, protocol):
    frames = random_frames(5, 6, seed)
    rated = evaluate(frames, protocol, threshold=0.3)
    assert rated.tp + rated.fn == sum(len(f.truth) for f in frames)
    assert rated.tp + rated.fp == sum(int((f.predicted.score >= 0.3).sum()) for f in frames)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["point", "point-greedy"]))
def test_sweep_is_evaluation_at_every_threshold(seed, protocol):
    frames = random_frames(6, 8, seed)
    found = sweep(frames, protocol, radius=4)
    assert found.thresholds[0] > max(f.predicted.score.max() for f in frames)
    assert (np.diff(found.thresholds) < 0).all()
    for row, threshold in enumerate(found.thresholds.tolist()):
        rated = evaluate(frames, protocol, 4, threshold)
        assert (found.tp[row], found.fp[row], found.fn[row]) == (rated.tp, rated.fp, rated.fn)
        assert found.f1[row] == pytest.approx(rated.f1)
        assert found.precision[row] == pytest.approx(rated.precision)
        assert found.recall[row] == pytest.approx(rated.recall)
        assert found.false_alarms_per_image[row] == pytest.approx(rated.false_alarms_per_image)
        assert found.false_alarms_per_mpx[row] == pytest.approx(rated.false_alarms_per_mpx)


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


def test_best_threshold_takes_the_highest_of_equally_good_ones():
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
    assert f1 == evaluate(nothing, threshold=threshold).f1 == 1
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


def test_intervals_hold_the_figure_and_repeat():
    rated = evaluate(random_frames(60, 4), threshold=0.3)
    found = bootstrap_intervals(rated)
    assert found == bootstrap_intervals(rated)
    assert found != bootstrap_intervals(rated, seed=1)
    error = rated.localisation_error
    assert error is not None
    figures = {
        "f1": rated.f1,
        "precision": rated.precision,
        "recall": rated.recall,
        "false_alarms_per_image": rated.false_alarms_per_image,
        "false_alarms_per_mpx": rated.false_alarms_per_mpx,
        "localisation_error_px": error.mean,
    }
    assert set(found) == set(figures)
    for name, value in figures.items():
        interval = found[name]
        assert interval is not None
        assert interval[0] < value < interval[1]


def test_interval_of_a_mean_agrees_with_the_normal_one():
    # One false point in every other of 400 images: the mean 0.5 has a standard error of 0.025.
    rated = evaluate([frame([], [[1, 1]] if i % 2 else []) for i in range(400)])
    interval = bootstrap_intervals(rated, samples=20_000)["false_alarms_per_image"]
    assert interval == pytest.approx((0.5 - 1.96 * 0.025, 0.5 + 1.96 * 0.025), abs=0.004)


def test_intervals_resample_images_not_points():
    # All points sit in one of ten images: whole lists miss it, which points one by one never do.
    crowded = frame([[i * 20, 50] for i in range(9)], [[i * 20, 50] for i in range(9)])
    rated = evaluate([crowded] + [frame([[5, 5]], [])] * 9)
    assert bootstrap_intervals(rated)["recall"] == pytest.approx((0, 0.8), abs=0.1)


def test_intervals_without_pairs_and_without_errors():
    assert bootstrap_intervals(evaluate([frame([[1, 1]], [])]))["localisation_error_px"] is None
    assert bootstrap_intervals(evaluate([frame([[1, 1]], [[1, 1]])] * 3))["f1"] == (1, 1)
    with pytest.raises(EvaluationError, match="samples"):
        bootstrap_intervals(evaluate([frame([], [])]), samples=0)
