"""95 % intervals of the figures."""

from __future__ import annotations

import pytest

from irpoint.errors import EvaluationError
from irpoint.evaluation import bootstrap_intervals, evaluate
from support.evaluated_frames import frame, random_frames


def test_intervals_hold_the_figure_and_repeat():
    evaluation = evaluate(random_frames(60, 4), threshold=0.3)
    found = bootstrap_intervals(evaluation)
    assert found == bootstrap_intervals(evaluation)
    assert found != bootstrap_intervals(evaluation, seed=1)
    error = evaluation.localisation_error
    assert error is not None
    figures = {
        "f1": evaluation.f1,
        "precision": evaluation.precision,
        "recall": evaluation.recall,
        "false_alarms_per_image": evaluation.false_alarms_per_image,
        "false_alarms_per_mpx": evaluation.false_alarms_per_mpx,
        "localisation_error_px": error.mean,
    }
    assert set(found) == set(figures)
    for name, value in figures.items():
        interval = found[name]
        assert interval is not None
        assert interval[0] < value < interval[1]


def test_interval_of_a_mean_agrees_with_the_normal_one():
    # One false point in every other of 400 images: the mean 0.5 has a standard error of 0.025.
    evaluation = evaluate([frame([], [[1, 1]] if i % 2 else []) for i in range(400)])
    interval = bootstrap_intervals(evaluation, samples=20_000)["false_alarms_per_image"]
    assert interval == pytest.approx((0.5 - 1.96 * 0.025, 0.5 + 1.96 * 0.025), abs=0.004)


def test_intervals_resample_images_not_points():
    # All points sit in one of ten images: whole lists miss it, which points one by one never do.
    crowded = frame([[i * 20, 50] for i in range(9)], [[i * 20, 50] for i in range(9)])
    evaluation = evaluate([crowded] + [frame([[5, 5]], [])] * 9)
    assert bootstrap_intervals(evaluation)["recall"] == pytest.approx((0, 0.8), abs=0.1)


def test_intervals_without_pairs_and_without_errors():
    assert bootstrap_intervals(evaluate([frame([[1, 1]], [])]))["localisation_error_px"] is None
    assert bootstrap_intervals(evaluate([frame([[1, 1]], [[1, 1]])] * 3))["f1"] == (1, 1)
    with pytest.raises(EvaluationError, match="samples"):
        bootstrap_intervals(evaluate([frame([], [])]), samples=0)
