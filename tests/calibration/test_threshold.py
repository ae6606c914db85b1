"""The threshold for a number of false alarms, and how certain the rate is."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.calibration_intervals import coverage
from irpoint.calibration.events import Alarms
from irpoint.calibration.threshold import choose_threshold, count, is_enough, times_as_much

LOWEST = 0.05


def scattered(score: np.ndarray, frames: int = 1000, seed: int = 0) -> Alarms:
    """Unrelated alarms of these scores."""
    random = np.random.default_rng(seed)
    count = len(score)
    xy = random.uniform(0, 4000, (count, 2))
    return Alarms(np.asarray(score), xy, random.integers(0, frames, count), np.zeros(count, int))


@pytest.mark.parametrize("allowed", [0, 0.5, 1, 3, 3.7, 19, 20, 500])
def test_the_lowest_threshold_with_so_many_alarms(allowed: float) -> None:
    alarms = scattered(np.repeat(np.linspace(0.1, 0.9, 10), 2))  # in pairs of equal scores
    threshold = choose_threshold(alarms, allowed, LOWEST)
    kept = len(alarms.above(threshold))
    assert kept <= allowed
    lower = alarms.score[alarms.score < threshold]
    assert not len(lower) or len(alarms.above(lower.max())) > allowed


def test_the_threshold_is_midway_between_two_scores() -> None:
    assert choose_threshold(scattered(np.array([0.2, 0.4, 0.8])), 1, LOWEST) == pytest.approx(0.6)


def test_if_even_the_lowest_score_is_allowed_it_is_the_threshold() -> None:
    assert choose_threshold(scattered(np.array([0.2, 0.4])), 2, LOWEST) == LOWEST
    assert choose_threshold(scattered(np.array([])), 2, LOWEST) == LOWEST


def test_scattered_alarms_are_as_certain_as_a_poisson_count() -> None:
    found = count(scattered(np.linspace(0.1, 1, 40)), 0.5, np.ones(1000))
    assert found.alarms == (np.linspace(0.1, 1, 40) >= 0.5).sum()
    assert found.effective == pytest.approx(found.alarms, rel=0.25)
    assert found.interval[0] < found.alarms < found.interval[1]


def test_one_lamp_in_every_frame_is_one_event_and_too_little() -> None:
    frames = 500
    lamp = Alarms(np.ones(frames), np.full((frames, 2), 9.0), np.arange(frames), np.zeros(frames))
    found = count(lamp, 0.5, np.ones(frames))
    assert (found.alarms, found.events, found.effective) == (500, 1, 1.0)
    assert found.interval[0] < 50
    assert found.interval[1] > 2500
    assert not is_enough(found, 500)
    assert times_as_much(found, 500) == pytest.approx(5)


def test_no_alarm_is_enough_if_the_footage_is_long() -> None:
    nothing = count(scattered(np.array([])), LOWEST, np.ones(1000))
    assert is_enough(nothing, 5)
    assert not is_enough(nothing, 2)
    assert times_as_much(nothing, 0.1) == pytest.approx(50)


@pytest.mark.parametrize(("kind", "plain_at_most"), [("lasting", 0.6), ("bursts", 0.75)])
def test_the_interval_holds_the_true_rate_at_the_chosen_threshold(
    kind: str, plain_at_most: float
) -> None:
    """The plain interval, which takes each false alarm as independent, is far too narrow."""
    held, plain = coverage(kind, 150)
    assert held > 0.92
    assert plain < plain_at_most
