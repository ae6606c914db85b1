"""Counts and figures of the point protocols."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.errors import EvaluationError
from irpoint.evaluation import evaluate, sweep
from irpoint.evaluation.ratios import ratios
from support.evaluated_frames import frame, random_frames


def test_figures_worked_by_hand():
    figures = evaluate(
        [
            frame([[10, 10], [50, 50]], [[13, 14], [90, 90], [70, 20]]),
            frame([], [[5, 5]]),
            frame([[20, 20]], [[20, 19]]),
            frame([], []),
        ]
    )
    assert (figures.tp, figures.fp, figures.fn, figures.images, figures.targets) == (
        2,
        3,
        1,
        4,
        3,
    )
    assert figures.precision == pytest.approx(2 / 5)
    assert figures.recall == pytest.approx(2 / 3)
    assert figures.f1 == pytest.approx(1 / 2)
    assert figures.false_alarms_per_image == pytest.approx(3 / 4)
    assert figures.false_alarms_per_mpx == pytest.approx(3 / 0.08)
    error = figures.localisation_error
    assert error is not None
    assert (error.mean, error.median, error.p95) == pytest.approx((3, 3, 4.8))
    assert (error.bias_x, error.bias_y) == pytest.approx((1.5, 1.5))
    assert [(f.tp, f.fp, f.fn) for f in figures.frames] == [
        (1, 2, 1),
        (0, 1, 0),
        (1, 0, 0),
        (0,) * 3,
    ]


def test_false_alarms_follow_the_pixels_of_every_frame():
    figures = evaluate([frame([], [[1, 1]], shape=(1000, 1000)), frame([], [], shape=(1000, 3000))])
    assert figures.false_alarms_per_mpx == pytest.approx(0.25)


def test_bias_is_predicted_minus_true():
    error = evaluate([frame([[10, 10]], [[11, 8]])]).localisation_error
    assert error is not None
    assert (error.bias_x, error.bias_y) == (1, -2)


@pytest.mark.parametrize("predicted", [[], [[1, 1]]])
def test_ratios_are_undefined_without_targets(predicted):
    figures = evaluate([frame([], predicted)])
    assert np.isnan([figures.precision, figures.recall, figures.f1]).all()
    assert figures.false_alarms_per_image == len(predicted)
    assert figures.localisation_error is None


def test_ratios_are_0_without_predictions():
    figures = evaluate([frame([[1, 1]], [])])
    assert (figures.precision, figures.recall, figures.f1) == (0, 0, 0)
    assert figures.localisation_error is None


def test_ratios_take_arrays():
    found = ratios([0, 3, 0], [0, 1, 2], [0, 0, 5])
    assert found.precision == pytest.approx([np.nan, 0.75, 0], nan_ok=True)
    assert found.recall == pytest.approx([np.nan, 1, 0], nan_ok=True)
    assert found.f1 == pytest.approx([np.nan, 6 / 7, 0], nan_ok=True)


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
    figures = evaluate(frames, protocol, threshold=0.3)
    assert figures.tp + figures.fn == sum(len(f.truth) for f in frames)
    assert figures.tp + figures.fp == sum(int((f.predicted.score >= 0.3).sum()) for f in frames)
