"""The stops of the sliders, and what is counted at each."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

pytest.importorskip("jinja2", reason="needs the extra report")

from irpoint.evaluation import evaluate, sweep
from irpoint.report.stops import AS_EVALUATED, BEST_F1, choose_stops, common_rates, rate_name
from support.evaluated_frames import frame, random_frames


def test_stops_descend_and_have_the_threshold_of_the_evaluation() -> None:
    curve = sweep(random_frames(40, 12))
    stops = choose_stops(curve, 0.4123456789)
    assert stops.thresholds[stops.default] == 0.4123456789
    assert stops.presets[AS_EVALUATED] == stops.default
    assert all(a > b for a, b in itertools.pairwise(stops.thresholds))
    assert len(stops.texts) == len(stops.thresholds) > 10


def test_a_text_gives_the_counts_of_its_stop() -> None:
    frames = random_frames(40, 12)
    stops = choose_stops(sweep(frames), 0.41)
    for text, threshold in zip(stops.texts, stops.thresholds, strict=True):
        typed, exact = (evaluate(frames, threshold=t) for t in (float(text), threshold))
        assert (typed.tp, typed.fp) == (exact.tp, exact.fp)
        assert len(text) <= 6


def test_operating_points_are_those_of_the_sweep() -> None:
    frames = random_frames(40, 12)
    curve = sweep(frames)
    rates = common_rates([curve])
    assert rates == (10.0,)  # 0.16 Mpx have room for one false point at 10 per Mpx
    stops = choose_stops(curve, 0.2, rates)
    best = evaluate(frames, threshold=stops.thresholds[stops.presets[BEST_F1]])
    assert best.f1 == pytest.approx(curve.best_f1()[1])
    rated = evaluate(frames, threshold=stops.thresholds[stops.presets[rate_name(10)]])
    assert rated.false_alarms_per_mpx <= 10
    lower = stops.thresholds[stops.presets[rate_name(10)] + 1]
    assert evaluate(frames, threshold=lower).false_alarms_per_mpx > 10


def test_without_a_threshold_every_point_counts_at_the_last_stop() -> None:
    stops = choose_stops(sweep(random_frames(10, 6)), None)
    assert stops.thresholds[-1] is None
    assert (stops.default, stops.used) == (len(stops.thresholds) - 1, "every point")


@pytest.mark.parametrize("threshold", [0.5, None])
def test_frames_without_predictions_or_targets_have_one_stop(threshold: float | None) -> None:
    for only in (frame([(5, 5)], []), frame([], [])):
        stops = choose_stops(sweep([only]), threshold)
        assert stops.thresholds[stops.default] == threshold
        assert "best F1" not in stops.used


def test_a_filter_with_many_weak_points_does_not_reach_them_all() -> None:
    rng = np.random.default_rng(0)
    xy = rng.uniform(0, 1000, (5000, 2))
    stops = choose_stops(sweep([frame([(5, 5)], xy, rng.random(5000), (1000, 1000))]), 0.95)
    counted = evaluate([frame([(5, 5)], xy, rng.random(5000), (1000, 1000))])
    assert counted.fp > 4900
    assert stops.thresholds[-1] > 0.75  # the thousandth point
