"""The threshold for a number of false alarms, and how certain the rate is."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.calibration.events import Alarms
from irpoint.calibration.threshold import choose_threshold, count, is_enough, times_as_much
from irpoint.evaluation.intervals import clustered_interval, poisson_interval

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


RANDOM = np.random.default_rng(99)
LEVELS = np.sort(RANDOM.uniform(0.2, 0.9, 100_000) + RANDOM.normal(0, 0.05, 100_000))


def footage(random: np.random.Generator, start: np.ndarray) -> Alarms:
    """Clutter that appears in 3 to 30 successive frames, of a score that flickers."""
    rows = []
    for first in (start * 970).astype(int):
        length = random.integers(3, 31)
        place, level = random.uniform(0, 4000, 2), random.uniform(0.2, 0.9)
        score = np.clip(level + random.normal(0, 0.05, length), 0, 1)
        rows += [(s, *place, first + k) for k, s in enumerate(score)]
    table = np.array(rows).reshape(-1, 4)
    frame = table[:, 3].astype(int)
    return Alarms(table[:, 0], table[:, 1:3], frame, np.zeros(len(table), int))


def true_count(threshold: float) -> float:
    """Mean number of alarms at a threshold in footage with 40 such events."""
    return 40 * 16.5 * (1 - float(np.searchsorted(LEVELS, threshold)) / len(LEVELS))


def test_the_interval_holds_the_true_rate_of_clutter_that_lasts() -> None:
    """The threshold is chosen from the same footage as the interval."""
    random, held, plain = np.random.default_rng(5), 0, 0
    for _ in range(150):
        alarms = footage(random, random.random(random.poisson(40)))
        found = count(alarms, choose_threshold(alarms, 200, LOWEST), np.ones(1000))
        truth = true_count(found.threshold)
        held += found.interval[0] <= truth <= found.interval[1]
        low, high = poisson_interval(found.alarms)
        plain += low <= truth <= high
    assert held / 150 > 0.92
    assert plain / 150 < 0.6


def test_the_interval_holds_the_true_rate_of_clutter_that_comes_in_bursts() -> None:
    """Of events at other places in the same minute, each is seen once: independent by place."""
    random, held, events_only = np.random.default_rng(6), 0, 0
    for _ in range(150):
        bursts = random.poisson(12)
        times = np.repeat(random.random(bursts), random.poisson(10, bursts)) * 995
        xy = random.uniform(0, 4000, (len(times), 2))
        alarms = Alarms(np.ones(len(times)), xy, times.astype(int), np.zeros(len(times), int))
        found = count(alarms, 0.5, np.ones(1000))
        held += found.interval[0] <= 120 <= found.interval[1]
        low, high = clustered_interval(np.ones(found.events))
        events_only += low <= 120 <= high
    assert held / 150 > 0.9
    assert events_only / 150 < 0.6
