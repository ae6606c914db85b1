"""The evaluation at many thresholds equals single evaluations."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.errors import EvaluationError
from irpoint.evaluation import bootstrap_intervals, evaluate
from irpoint.evaluation.bootstrap import bootstrap_levels
from irpoint.evaluation.levels import evaluate_levels
from irpoint.evaluation.result import figures
from support.evaluated_frames import frame, random_frames

# 0.5 and 0.25 are scores of predictions; nothing reaches 2.
LEVELS = (2.0, 0.9, 0.5, 0.26, 0.25, 0.01, None)


@pytest.mark.parametrize("protocol", ["point", "point-greedy"])
def test_every_threshold_counts_as_a_single_evaluation(protocol: str) -> None:
    frames = random_frames(25, 12)
    found = evaluate_levels(frames, LEVELS, protocol, 4.0)
    singles = [evaluate(frames, protocol, 4.0, level) for level in LEVELS]
    assert len({one.tp for one in singles}) > 4
    for at, one in zip(found, singles, strict=True):
        assert figures(at) == figures(one)
        for counted, expected in zip(at.frames, one.frames, strict=True):
            assert np.array_equal(counted.error_xy, expected.error_xy)


def test_a_lower_prediction_may_take_the_target_of_a_higher_one() -> None:
    # At 0.9 the only target is found from 4 px; from 0.5 on, the nearer prediction has it.
    pair = frame([(10, 10)], [(14, 10), (10, 11)], [0.9, 0.5])
    errors = [at.localisation_error.mean for at in evaluate_levels([pair], (0.9, 0.5))]
    assert errors == [4, 1]


def test_intervals_of_many_levels_are_those_of_each() -> None:
    evaluations = evaluate_levels(random_frames(30, 8), LEVELS)
    together = bootstrap_levels(evaluations, samples=300)
    assert together == [bootstrap_intervals(one, samples=300) for one in evaluations]


def test_evaluations_of_other_images_do_not_share_intervals() -> None:
    frames = random_frames(5, 4)
    with pytest.raises(EvaluationError, match="different images"):
        bootstrap_levels([evaluate(frames), evaluate(frames[1:])])


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(EvaluationError, match="finite"):
        evaluate_levels([frame([], [])], [float("nan")])
    with pytest.raises(EvaluationError, match="no frame"):
        evaluate_levels([], [0.5])
