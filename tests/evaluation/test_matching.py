"""The matching rules, on cases worked by hand and on properties."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.errors import EvaluationError
from irpoint.evaluation.matching import PROTOCOLS, Matches, match, match_greedy, matcher

BOTH = pytest.mark.parametrize("rule", [match, match_greedy])


def pairs(matches: Matches) -> list[tuple[int, int]]:
    return list(zip(matches.truth_index.tolist(), matches.predicted_index.tolist(), strict=True))


# Quarters of a pixel: sums and differences are exact, and ties and exact radii are common.
coordinates = st.integers(0, 64).map(lambda quarter: quarter / 4)


def positions(most: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.tuples(coordinates, coordinates), max_size=most).map(
        lambda xy: np.array(xy, dtype=np.float32).reshape(-1, 2)
    )


def best_by_trying_all(
    truth: np.ndarray, predicted: np.ndarray, radius: float
) -> tuple[int, float]:
    """(pairs, total distance) of the best assignment, by trying every one."""

    def go(row: int, free: frozenset[int]) -> tuple[int, float]:
        if row == len(truth):
            return 0, 0.0
        count, total = go(row + 1, free)
        best = (-count, total)
        for column in free:
            distance = math.dist(truth[row].tolist(), predicted[column].tolist())
            if distance <= radius:
                count, total = go(row + 1, free - {column})
                best = min(best, (-count - 1, total + distance))
        return -best[0], best[1]

    return go(0, frozenset(range(len(predicted))))


@BOTH
def test_nothing_on_either_side(rule):
    nothing = np.empty((0, 2), np.float32)
    some = np.array([[1, 2], [3, 4]], np.float32)
    for truth, predicted in itertools.product([nothing, some], repeat=2):
        expected = 2 if len(truth) and len(predicted) else 0
        assert len(rule(truth, predicted)) == expected
    assert len(rule([], [])) == 0


@BOTH
def test_exactly_the_radius_counts_and_the_next_float_does_not(rule):
    assert rule([[0, 0]], [[3, 4]]).distance.tolist() == [5.0]
    truth = np.array([[4096.25, 17.5]], np.float32)
    assert len(rule(truth, truth + np.float32([[3, -4]]))) == 1
    assert len(rule(truth, truth + np.float32([[5, 0]]))) == 1
    assert len(rule([[0, 0]], [[np.nextafter(np.float32(5), np.float32(6)), 0]])) == 0
    assert len(rule([[0, 0]], [[3, np.nextafter(np.float32(4), np.float32(5))]])) == 0
    assert len(rule([[0, 0]], [[np.nextafter(5.0, 6.0), 0]])) == 0


@BOTH
def test_another_radius(rule):
    assert len(rule([[0, 0]], [[3, 0]], radius=2.75)) == 0
    assert len(rule([[0, 0]], [[3, 0]], radius=3)) == 1


def test_greedy_misses_a_target_if_two_labels_compete_for_one_point():
    # The first label takes the point that the second needs; its own lies further.
    truth, predicted = [[0, 0], [4, 0]], [[1, 0], [-4, 0]]
    assert pairs(match_greedy(truth, predicted)) == [(0, 0)]
    assert pairs(match(truth, predicted)) == [(0, 1), (1, 0)]


def test_greedy_depends_on_the_order_of_the_labels_and_optimal_does_not():
    truth, predicted = np.array([[0, 0], [4, 0]]), np.array([[1, 0], [-4, 0]])
    assert len(match_greedy(truth, predicted)) == 1
    assert pairs(match_greedy(truth[::-1], predicted)) == [(0, 0), (1, 1)]
    assert len(match(truth, predicted)) == len(match(truth[::-1], predicted)) == 2


def test_two_labels_and_one_point():
    truth, predicted = [[0, 0], [3, 0]], [[2, 0]]
    assert pairs(match_greedy(truth, predicted)) == [(0, 0)]
    assert pairs(match(truth, predicted)) == [(1, 0)]


def test_equally_many_pairs_are_decided_by_the_total_distance():
    # Label order would give 0-0 (1 px) and 1-1 (4.5 px); swapped: 2 + 1.5 px.
    truth, predicted = [[0, 0], [2.5, 0]], [[1, 0], [-2, 0]]
    greedy, optimal = match_greedy(truth, predicted), match(truth, predicted)
    assert greedy.distance.tolist() == [1.0, 4.5]
    assert optimal.distance.tolist() == [2.0, 1.5]


def test_a_pair_beyond_the_radius_never_displaces_one_within():
    # Summed distances alone would prefer both pairs at 5.1 px over 0 and 20 px.
    truth, predicted = [[0, 0], [5.1, 0]], [[0, 0], [-5.1, 0]]
    assert pairs(match(truth, predicted)) == [(0, 0)]


def test_the_number_of_pairs_comes_before_their_distances():
    # A chain in which every label can take the point at hand (0 px) or the next one (5 px).
    truth = [[5 * i, 0] for i in range(40)]
    predicted = [[5 * i, 0] for i in range(1, 41)]
    optimal = match(truth, predicted)
    assert len(optimal) == 40
    assert optimal.distance.tolist() == [5.0] * 40


def test_greedy_takes_the_first_of_equally_near_predictions():
    assert pairs(match_greedy([[0, 0]], [[3, 0], [0, 3], [-3, 0]])) == [(0, 0)]


def test_tied_predictions_give_the_same_error_in_any_order():
    predicted = np.array([[3, 0], [0, 3], [-3, 0], [0, -3]], np.float32)
    found = {
        tuple(predicted[list(order)][match([[0, 0]], predicted[list(order)]).predicted_index[0]])
        for order in itertools.permutations(range(4))
    }
    assert len(found) == 1


def test_distant_predictions_do_not_change_the_pairs():
    random = np.random.default_rng(3)
    truth = random.uniform(0, 4000, (100, 2)).astype(np.float32)
    near = (truth + random.normal(0, 1, truth.shape)).astype(np.float32)
    far = np.column_stack([random.uniform(0, 4000, 10_000), np.full(10_000, 5000)])
    found = match(truth, np.concatenate([far.astype(np.float32), near]))
    assert np.array_equal(found.predicted_index - 10_000, match(truth, near).predicted_index)
    assert len(found) >= 99


@settings(max_examples=150, deadline=None)
@given(positions(5), positions(5), st.sampled_from([1.0, 2.5, 5.0]))
def test_optimal_agrees_with_trying_every_assignment(truth, predicted, radius):
    found = match(truth, predicted, radius)
    count, total = best_by_trying_all(truth, predicted, radius)
    assert len(found) == count
    assert found.distance.sum() == pytest.approx(total)


@settings(max_examples=100, deadline=None)
@given(positions(12), positions(12))
def test_pairs_are_one_to_one_within_the_radius_and_optimal_finds_the_most(truth, predicted):
    for rule in (match, match_greedy):
        found = rule(truth, predicted)
        assert len(set(found.truth_index.tolist())) == len(found)
        assert len(set(found.predicted_index.tolist())) == len(found)
        assert (found.distance <= 5).all()
        apart = predicted[found.predicted_index] - truth[found.truth_index]
        assert found.distance == pytest.approx(np.hypot(apart[:, 0], apart[:, 1]))
    assert len(match(truth, predicted)) >= len(match_greedy(truth, predicted))


@settings(max_examples=100, deadline=None)
@given(positions(10), positions(10), st.randoms(use_true_random=False))
def test_order_changes_neither_the_pairs_nor_their_errors(truth, predicted, random):
    def errors(truth: np.ndarray, predicted: np.ndarray) -> list[tuple[float, ...]]:
        found = match(truth, predicted)
        rows = np.column_stack([truth[found.truth_index], predicted[found.predicted_index]])
        return sorted(map(tuple, rows.tolist()))

    rows, columns = list(range(len(truth))), list(range(len(predicted)))
    random.shuffle(rows)
    random.shuffle(columns)
    assert errors(truth, predicted) == errors(truth[rows], predicted[columns])


@settings(max_examples=60, deadline=None)
@given(positions(8), positions(8), coordinates, coordinates)
def test_moving_everything_changes_nothing(truth, predicted, right, down):
    move = np.array([right, down], np.float32)
    for rule in (match, match_greedy):
        here, there = rule(truth, predicted), rule(truth + move, predicted + move)
        assert np.array_equal(here.distance, there.distance)


@BOTH
@pytest.mark.parametrize("radius", [0, -1, 1e300, math.nan, math.inf])
def test_a_radius_that_is_not_above_0_is_refused(rule, radius):
    with pytest.raises(EvaluationError, match="radius"):
        rule([[0, 0]], [[0, 0]], radius)


@BOTH
def test_arrays_that_are_not_positions_are_refused(rule):
    with pytest.raises(EvaluationError, match=r"targets have shape \(3,\)"):
        rule([1, 2, 3], [[0, 0]])
    with pytest.raises(EvaluationError, match="predictions have a position that is not finite"):
        rule([[0, 0]], [[math.nan, 0]])


def test_protocols_are_found_by_name():
    assert matcher("point") is match
    assert matcher("point-greedy") is match_greedy
    assert set(PROTOCOLS) == {"point", "point-greedy"}
    with pytest.raises(EvaluationError, match="'pixel' is not known; choose one of: point"):
        matcher("pixel")


def test_published_counts_of_every_image(shared_reference: Path):
    images = json.loads((shared_reference / "spire_val_predictions.json").read_text())["images"]
    assert len(images) > 200
    differing = []
    for image in images:
        predicted = np.array(image["predictions"], np.float32).reshape(-1, 3)[:, :2]
        truth = np.array(image["truth"], np.float32).reshape(-1, 2)
        tp = len(match_greedy(truth, predicted))
        if (tp, len(predicted) - tp, len(truth) - tp) != (image["tp"], image["fp"], image["fn"]):
            differing.append(image["image"])
    assert differing == []
