"""Folds: which frames are judged and learned, and when there are too few."""

from __future__ import annotations

import pytest

from irpoint.label.training.folds import FOLDS, make_folds, too_few, train_and_val
from support.label_training import plan_frame


def test_every_frame_is_judged_once_by_a_model_that_has_not_learned_it() -> None:
    frames = [plan_frame(k) for k in range(24)]
    folds = make_folds(frames)
    assert sorted(name for fold in folds for name in fold.judged) == sorted(f.name for f in frames)
    assert [len(fold.judged) for fold in folds] == [8] * FOLDS
    for fold in folds:
        assert not set(fold.judged) & {*fold.train, *fold.val}
        assert set(fold.half) < set(fold.train)
        assert len(fold.half) == pytest.approx(len(fold.train) / 2, abs=1)


def test_a_clip_is_in_one_fold() -> None:
    frames = [plan_frame(5 * k, clip) for clip in ("a", "b", "c", "d") for k in range(6)]
    for fold in make_folds(frames):
        assert not {name[0] for name in fold.judged} & {name[0] for name in fold.train}


def test_a_single_clip_is_cut_and_neighbours_of_the_judged_frames_are_left_out() -> None:
    frames = [plan_frame(4 * k, "a") for k in range(60)]
    folds = make_folds(frames)
    assert sum(len(fold.judged) for fold in folds) == 60
    for fold in folds:
        judged = [int(name[1:]) for name in fold.judged]
        assert max(judged) - min(judged) == 4 * 19
        assert all(abs(int(name[1:]) - k) > 10 for name in (*fold.train, *fold.val) for k in judged)


def test_frames_side_by_side_cannot_be_divided() -> None:
    assert make_folds([plan_frame(k, "a") for k in range(15)]) == []


def test_frames_that_the_present_model_has_learned_are_not_judged() -> None:
    frames = [plan_frame(k, learned=k < 12) for k in range(36)]
    judged = {name for fold in make_folds(frames) for name in fold.judged}
    assert judged == {str(k) for k in range(12, 36)}


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([plan_frame(k) for k in range(12)], ""),
        ([plan_frame(k) for k in range(11)], "Label 1 more frame with targets."),
        ([plan_frame(k, targets=1) for k in range(12)], "Label 3 more frames with targets."),
        ([plan_frame(0, targets=4)], "Label 11 more frames with targets."),
        ([], "Label 15 more frames with targets."),
        (
            [plan_frame(k, learned=k < 5) for k in range(13)],
            "Label 4 more frames with targets, which runs/1 has not learned.",
        ),
        (
            [plan_frame(k, "a") for k in range(100)],
            "Label 8 more frames with targets. Frames of a clip that are less than 25 frames "
            "apart count as one.",
        ),
    ],
)
def test_it_says_how_many_frames_are_missing(frames: list, expected: str) -> None:
    reason = too_few(frames, "runs/1")
    assert reason.endswith(expected)
    assert bool(reason) == bool(expected)


def test_train_and_val_both_have_a_target() -> None:
    frames = [plan_frame(k, targets=int(k in (1, 2))) for k in range(6)]
    train, val = train_and_val(frames)
    assert any(f.targets for f in train)
    assert any(f.targets for f in val)
    assert len(train) + len(val) == 6
