"""Real and false candidates: the same counts as an evaluation at every threshold."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.evaluation import evaluate
from irpoint.evaluation.candidates import Candidates
from support.evaluated_frames import frame, random_frames


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_an_evaluation_at_every_threshold(seed: int) -> None:
    frames = random_frames(30, 8, seed)  # with many equal scores
    found = Candidates.of(frames, 0.1)
    for threshold in np.unique(found.score):
        expected = evaluate(frames, threshold=float(threshold))
        above = found.score >= threshold
        assert (found.real & above).sum() == expected.tp
        assert (~found.real & above).sum() == expected.fp


def test_the_second_point_on_a_target_is_false() -> None:
    found = Candidates.of([frame([(10, 10)], [(11, 10), (10, 10)], [0.9, 0.8])])
    assert found.real.tolist() == [True, False]


def test_of_equal_scores_the_points_on_targets_are_real() -> None:
    predicted = [(50, 50), (10, 10), (80, 80), (30, 30)]
    found = Candidates.of([frame([(10, 10), (30, 30)], predicted, [0.5] * 4)])
    assert found.real.tolist() == [False, True, False, True]


def test_folds_keep_the_candidates_of_a_frame_together() -> None:
    found = Candidates.of(random_frames(40, 6))
    fold = found.folds(5)
    assert set(fold.tolist()) == set(range(5))
    assert all(len(set(fold[found.frame == k])) <= 1 for k in range(40))


def test_frames_without_points_give_none() -> None:
    assert len(Candidates.of([frame([(1, 1)], [])])) == 0
