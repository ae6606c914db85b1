"""What to label next."""

from __future__ import annotations

from pathlib import Path

from irpoint.evaluation.records import FrameRecord, TargetRecord
from irpoint.label.training.advice import advice
from irpoint.label.training.judging import Judged
from irpoint.label.training.plan import PlanFrame
from support.label_training import plan_frame


def _record(frame: PlanFrame, snr: list[float], found: list[bool], false: int = 0) -> FrameRecord:
    targets = [TargetRecord(x=20 * k, y=9, snr=value) for k, value in enumerate(snr)]
    points = [(20 * k, 9, 0.9) for k, is_found in enumerate(found) if is_found]
    points += [(20 * k, 60, 0.8) for k in range(false)] + [(90, 90, 0.1)]  # below the threshold
    return FrameRecord(
        dataset="d", name=frame.name, image=Path("x.png"), shape=(99, 99),
        targets=tuple(targets), predicted=tuple(points),
    )  # fmt: skip


def _judged(records: list[FrameRecord]) -> list[Judged]:
    return [Judged(threshold=0.5, frames=tuple(records))]


def test_kinds_that_are_clearly_worse_are_named() -> None:
    near = [plan_frame(k, "near.mp4") for k in range(0, 250, 25)]
    far = [plan_frame(k, "far.mp4") for k in range(0, 250, 25)]
    records = [_record(frame, [20, 30], [True, True]) for frame in near]
    records += [_record(frame, [3, 4], [frame.index == 0, False]) for frame in far]
    kinds = advice(_judged(records), [*near, *far]).kinds
    assert kinds == (
        "It finds 1 of 20 dim targets (SNR up to 4), but 100 % of the others: label more of them.",
        "It finds 1 of 20 targets in far.mp4, but 100 % of those elsewhere: label more frames "
        "there.",
    )


def test_chance_is_not_a_kind() -> None:
    frames = [plan_frame(25 * k, clip) for clip in ("a.mp4", "b.mp4") for k in range(5)]
    records = [_record(f, [9, 9.5], [True, f.index % 50 == 0]) for f in frames]
    assert advice(_judged(records), frames).kinds == ()


def test_one_missed_target_is_not_a_kind_even_if_all_others_are_found() -> None:
    frames = [plan_frame(25 * k, clip) for clip in ("a.mp4", "b.mp4") for k in range(8)]
    records = [_record(f, [3 + f.index], [f.name != "a.mp40"]) for f in frames]
    assert advice(_judged(records), frames).kinds == ()


def test_the_frames_with_the_most_errors_come_first() -> None:
    frames = [plan_frame(k) for k in range(4)]
    errors = [([True, True], 0), ([True, False], 2), ([False, False], 0), ([True, True], 1)]
    records = [
        _record(frame, [9, 9], found, false)
        for frame, (found, false) in zip(frames, errors, strict=True)
    ]
    assert advice(_judged(records), frames).frames == (
        ("images/#1", "1 missed, 2 false"),
        ("images/#2", "2 missed"),
        ("images/#3", "1 false"),
    )
