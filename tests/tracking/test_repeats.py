"""Clutter that comes again where it was."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.tracking.repeats import Repeats

SHAPE = (480, 640)


def density(drift: tuple[float, float], stays: bool) -> tuple[float, float]:
    """Mean log-density of fifty candidates in the thirtieth frame, and of others elsewhere."""
    rng, repeats = np.random.default_rng(1), Repeats(SHAPE)
    places = rng.uniform(40, 400, (50, 2))
    z, variance = np.full(50, 4.0), np.full(50, 0.04)
    for number in range(30):
        if number:
            repeats.move(np.zeros(2))
        places = places + drift if stays else rng.uniform(40, 400, (50, 2))
        here = repeats.expected(places, z, variance)
        elsewhere = repeats.expected(places + 20, z, variance)
        repeats.learn(places, z, variance, np.zeros(len(places), bool))
    return float(np.mean(here)), float(np.mean(elsewhere))


def test_structure_is_expected_again_where_it_drifts_to() -> None:
    for drift in ((0.0, 0.0), (0.8, -0.5)):
        here, elsewhere = density(drift, stays=True)
        assert here > 1  # more probable than anywhere in a cell of 16 px
        assert elsewhere < -10


def test_noise_is_not_expected_again() -> None:
    here, _ = density((0.0, 0.0), stays=False)
    assert here < -10


def test_one_target_among_noise_does_not_count_as_structure() -> None:
    rng, repeats = np.random.default_rng(2), Repeats(SHAPE)
    for number in range(40):
        if number:
            repeats.move(np.zeros(2))
        places = np.vstack([rng.uniform(0, 470, (80, 2)), (50 + number, 80)])
        found = repeats.expected(places, np.full(81, 4.0), np.full(81, 0.04))
        repeats.learn(places, np.full(81, 4.0), np.full(81, 0.04), np.zeros(len(places), bool))
    assert found[-1] < 1
    _, spread = repeats.drift(np.array([[90.0, 80.0]]))
    assert spread[0] < 0.1


def test_slow_targets_do_not_hide_themselves_in_a_frame_of_noise() -> None:
    """Three near each other come again in their region before much noise was seen there."""
    rng, repeats = np.random.default_rng(3), Repeats(SHAPE)
    for number in range(12):
        if number:
            repeats.move(np.zeros(2))
        targets = np.array([(60, 80), (90, 110), (120, 90)]) + 0.5 * number
        places = np.vstack([rng.uniform(0, 470, (40, 2)), targets])
        found = repeats.expected(places, np.full(43, 4.0), np.full(43, 0.04))
        repeats.learn(places, np.full(43, 4.0), np.full(43, 0.04), np.zeros(len(places), bool))
    assert found[-3:].max() < -2


@pytest.mark.parametrize(("pan", "known"), [(0.0, True), (1.5, False)])
def test_noise_that_comes_again_while_the_camera_turns_is_no_structure(
    pan: float, known: bool
) -> None:
    rng, repeats = np.random.default_rng(6), Repeats(SHAPE)
    before = rng.uniform(0, 470, (100, 2))
    for number in range(60):
        shift = np.array([-pan, 0.0])
        if number:
            repeats.move(shift)
        again = before[:4] + shift  # 4 % of what was new
        before = rng.uniform(0, 470, (100, 2))
        places = np.vstack([before, again])
        repeats.learn(places, np.full(104, 4.0), np.full(104, 0.04), np.zeros(len(places), bool))
    drifting = repeats.drifting(rng.uniform(0, 470, (50, 2)))
    assert (drifting.mean() > 0.9) == known
    assert known or drifting.mean() < 0.7


def test_what_stays_in_a_scene_with_structure_counts_in_a_region_of_which_little_was_seen() -> None:
    rng, repeats = np.random.default_rng(4), Repeats(SHAPE)
    still = rng.uniform(200, 470, (30, 2))
    for number in range(12):
        if number:
            repeats.move(np.zeros(2))
        places = np.vstack([still, [(80, 80)]]) if number > 8 else still
        found = repeats.expected(places, np.full(len(places), 4.0), np.full(len(places), 0.04))
        repeats.learn(
            places,
            np.full(len(places), 4.0),
            np.full(len(places), 0.04),
            np.zeros(len(places), bool),
        )
    assert found[-1] > 0


def test_wisps_in_an_otherwise_calm_sky_drift_as_a_layer_and_two_targets_do_not() -> None:
    rng = np.random.default_rng(5)
    drifts = []
    for number_of_things in (2, 6):
        repeats = Repeats(SHAPE)
        things = rng.uniform(180, 300, (number_of_things, 2))
        for number in range(80):
            if number:
                repeats.move(np.zeros(2))
            things += np.array((0.4, 0.1))
            places = np.vstack([rng.uniform(0, 470, (80, 2)), things])
            repeats.learn(
                places,
                np.full(len(places), 4.0),
                np.full(len(places), 0.04),
                np.zeros(len(places), bool),
            )
        drifts.append(repeats.drift(np.array([[260.0, 240.0]]))[0][0])
    assert np.abs(drifts[0]).max() < 0.1
    assert np.allclose(drifts[1], (0.4, 0.1), atol=0.12)


@pytest.mark.parametrize("alone", [False, True])
def test_structure_that_the_network_alone_shows_is_not_lost_among_specks_of_noise(
    alone: bool,
) -> None:
    rng, repeats = np.random.default_rng(7), Repeats(SHAPE)
    things = rng.uniform(0, 470, (12, 2))
    for number in range(60):
        if number:
            repeats.move(np.zeros(2))
        shown = rng.random(12) < 0.3  # each thing now and then
        places = np.vstack([rng.uniform(0, 470, (120, 2)), things[shown]])
        by_network = np.zeros(len(places), bool)
        by_network[120:] = alone
        repeats.learn(places, np.full(len(places), 4.0), np.full(len(places), 0.04), by_network)
    assert (repeats.structure > 0.9) == alone


def test_targets_that_come_into_view_are_no_structure_although_no_speck_shows_them() -> None:
    rng, shares = np.random.default_rng(8), []
    for pan in (0.0, 2.0):
        repeats = Repeats(SHAPE)
        for number in range(60):
            if number:
                repeats.move(np.array([-pan, 0.0]))
            x = SHAPE[1] - 4.0 - 2 * (number % 8)  # each is seen for eight frames
            targets = np.array([(x, 60), (x, 160), (x, 260), (x, 360)])
            places = np.vstack([rng.uniform(0, 470, (250, 2)), targets])
            alone = np.zeros(len(places), bool)
            alone[250:] = number > 10  # before, there are no specks
            repeats.learn(places, np.full(254, 4.0), np.full(254, 0.04), alone)
        shares.append(repeats.structure)
    assert shares[0] > 0.9
    assert shares[1] < 0.1
