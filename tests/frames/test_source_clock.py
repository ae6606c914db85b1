"""The clock of a live source: jumps are taken out of its times, delays are none."""

from __future__ import annotations

import pytest

from irpoint.frames.source_clock import SourceClock


def times(*frames: tuple[float, float]) -> list[tuple[float, float]]:
    """Times and jumps of frames, each a time stamp and the moment when it was read."""
    clock = SourceClock()
    return [clock.time(stamp, now) for stamp, now in frames]


def test_times_without_a_jump_stay_as_they_are() -> None:
    late = [(0.0, 100.0), (0.04, 100.04), (0.08, 100.5), (0.12, 100.51), (4.12, 104.1)]
    assert times(*late) == [(stamp, 0.0) for stamp, _ in late]


def test_frames_that_come_late_and_then_all_at_once_are_no_jump() -> None:
    """The first frame after a stall of five seconds was held back by the decoder since before."""
    held = [(0.0, 100.0), (0.04, 105.0), (5.0, 105.01), (5.04, 105.05)]
    assert times(*held) == [(stamp, 0.0) for stamp, _ in held]
    burst = [(0.0, 100.0), *((0.04 * k, 100 + 0.001 * k) for k in range(1, 100))]
    assert times(*burst) == [(stamp, 0.0) for stamp, _ in burst]


@pytest.mark.parametrize("jump", [3600.0, 1.5, -1.5, -3600.0])
def test_a_jump_is_taken_out_of_the_times_that_follow(jump: float) -> None:
    frames = [(0.04 * k + (jump if k >= 5 else 0), 100 + 0.04 * k) for k in range(10)]
    read = times(*frames)
    assert [time for time, _ in read] == pytest.approx([0.04 * k for k in range(10)], abs=0.01)
    jumps = [step for _, step in read]
    assert jumps.pop(5) == pytest.approx(jump, abs=0.05)
    assert jumps == [0.0] * 9


def test_a_source_that_is_opened_again_continues_its_times() -> None:
    clock = SourceClock()
    assert clock.time(7.0, 100.0) == (7.0, 0.0)
    clock.restart()
    assert clock.time(0.0, 130.0) == (37.0, 0.0)
    assert clock.time(0.04, 130.04) == (pytest.approx(37.04), 0.0)


def test_a_clock_that_runs_a_little_fast_does_not_jump() -> None:
    frames = [(1.0005 * k, 100.0 + k) for k in range(0, 7200, 2)]
    assert all(jump == 0 for _, jump in times(*frames))
