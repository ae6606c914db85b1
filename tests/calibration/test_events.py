"""Which false alarms are one event: clutter that stays, moves or returns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from irpoint.calibration.events import Alarms, dispersion, event_sizes, find_events


def alarms(points: Sequence[tuple[float, float, float]], sequence: int = 0) -> Alarms:
    """Alarms at (frame, x, y)."""
    table = np.array(points, float).reshape(-1, 3)
    frame = table[:, 0].astype(int)
    return Alarms(np.ones(len(table)), table[:, 1:], frame, np.full(len(table), sequence))


def sizes(points: Sequence[tuple[float, float, float]]) -> list[int]:
    return sorted(event_sizes(alarms(points)).astype(int).tolist())


def test_clutter_in_place_is_one_event() -> None:
    assert sizes([(k, 40 + 0.3 * (k % 2), 30) for k in range(100)]) == [100]


def test_a_lamp_or_a_bad_pixel_that_returns_is_the_same_event() -> None:
    assert sizes([(0, 40, 30), (1, 40.2, 30), (900, 40, 30.1), (2000, 41, 30)]) == [4]


def test_clutter_that_a_camera_pans_over_is_one_event() -> None:
    assert sizes([(k, 20 + 12 * k, 30) for k in range(30)]) == [30]


def test_two_that_pass_the_same_place_at_other_times_are_two_events() -> None:
    passing = [(k, 20 + 12 * k, 30) for k in range(30)]
    assert sizes([*passing, *((100 + k, x, y) for k, x, y in passing)]) == [30, 30]


def test_points_apart_in_a_frame_or_in_time_are_events_of_their_own() -> None:
    assert sizes([(0, 10, 10), (0, 60, 10), (3, 10, 60), (50, 40, 40)]) == [1, 1, 1, 1]


def test_frames_of_another_sequence_are_of_another_place() -> None:
    one, two = alarms([(0, 10, 10)]), alarms([(1, 10, 10)], sequence=1)
    both = Alarms(*(np.concatenate([getattr(a, n) for a in (one, two)])
                    for n in ("score", "xy", "frame", "sequence")))  # fmt: skip
    assert len(set(find_events(both).tolist())) == 2


@pytest.mark.parametrize("per_frame", [0.3, 3.0])
def test_unrelated_points_rarely_come_together(per_frame: float) -> None:
    random = np.random.default_rng(0)
    count = int(600 * per_frame)
    points = np.stack(
        [random.integers(0, 600, count), *random.uniform(0, (640, 512), (count, 2)).T]
    )
    found = len(event_sizes(alarms(points.T.tolist())))
    assert found > 0.88 * count


def test_no_alarms_are_no_events() -> None:
    assert event_sizes(alarms([])).tolist() == []
    assert dispersion(alarms([]), [100.0] * 5) == 1.0


def test_bursts_show_in_the_dispersion() -> None:
    random = np.random.default_rng(1)
    even = np.stack([random.integers(0, 300, 120), *random.uniform(0, 500, (2, 120))]).T
    burst = even.copy()
    burst[:100, 0] = random.integers(40, 60, 100)
    pixels = np.full(300, 1e5)
    assert dispersion(alarms(even.tolist()), pixels) < 2
    assert dispersion(alarms(burst.tolist()), pixels) > 10


def test_large_frames_are_expected_to_have_more() -> None:
    pixels = np.array([1e6] * 10 + [1e5] * 10)
    points = [(k // 10, 50 * (k % 10), 37 * k) for k in range(100)]
    points += [(10 + k, 100, 900 + 60 * k) for k in range(10)]
    assert dispersion(alarms(points), pixels) == 1.0
