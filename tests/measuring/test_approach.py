"""Targets of rough places, as those of a network that saw the frame shrunk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from irpoint.measurement import Flag
from irpoint.measuring import measure
from irpoint.points import Points
from support.targets import sky

SHAPE = (300, 400)


def grid(rng: np.random.Generator, spacing: int = 40) -> npt.NDArray[np.float64]:
    x, y = np.meshgrid(*(np.arange(25, length - 20, spacing) for length in SHAPE[::-1]))
    centres = np.stack([x.ravel(), y.ravel()], 1)
    return centres + rng.uniform(-0.5, 0.5, centres.shape)


def measured(points: Points) -> npt.NDArray[np.bool_]:
    assert points.measured is not None
    return ~points.measured.has(Flag.UNMEASURED)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("std", [1.0, 2.0, 4.0])
def test_targets_of_rough_places_are_measured(std: float, dark: bool) -> None:
    rng = np.random.default_rng(3)
    truth = grid(rng)
    scene = sky(truth, amplitude=-200 if dark else 200, shape=SHAPE)
    start = Points.labels(truth + rng.normal(0, std, truth.shape))
    start = Points(start.xy, start.score, np.full(len(truth), dark))
    found = measure(scene.frame, start, fallback_std=std)
    reach = np.linalg.norm(start.xy - truth, axis=1) < min(3.4 * std, 9.5)
    ok = measured(found)
    assert ok[reach].mean() > 0.97
    error = np.linalg.norm(found.xy - truth, axis=1)
    assert error[ok].max() < 0.4
    assert error[ok].mean() < 0.09
    assert found.measured is not None
    np.testing.assert_array_equal(found.measured.network_xy, start.xy)
    np.testing.assert_array_equal(found.xy[~ok], start.xy[~ok])


def test_places_of_usual_quality_do_not_reach_far() -> None:
    scene = sky([(30, 30)], amplitude=2000)
    point = Points.labels([(33.2, 30)])
    assert not measured(measure(scene.frame, point, fallback_std=0.8)).any()
    found = measure(scene.frame, point, fallback_std=1.0)
    assert measured(found).all()
    assert found.xy[0] == pytest.approx((30, 30), abs=0.02)


def test_of_two_targets_the_nearer_one_is_taken_even_if_it_is_weaker() -> None:
    scene = sky([(50, 30), (57, 30)], amplitude=[150, 450], shape=(60, 100))
    found = measure(scene.frame, Points.labels([(49, 29.5)]), fallback_std=2)
    assert measured(found).all()
    assert found.xy[0] == pytest.approx((50, 30), abs=0.3)


def test_a_place_between_two_targets_is_not_measured() -> None:
    scene = sky([(46, 30), (54, 30)], amplitude=400, shape=(60, 100))
    found = measure(scene.frame, Points.labels([(50, 30)]), fallback_std=2)
    assert not measured(found).any()
    assert found.xy[0] == pytest.approx((50, 30))


@pytest.mark.parametrize("std", [1.5, 2.5])
def test_neighbours_get_a_target_each(std: float) -> None:
    """Both network places are nearer to the left target, which is the brighter one."""
    scene = sky([(46, 30), (54, 30)], amplitude=[600, 200], shape=(60, 100))
    places = [(45.0, 30.5), (49.5, 29.5)]
    for order in (places, places[::-1]):
        found = measure(scene.frame, Points.labels(order), fallback_std=std)
        assert measured(found).all()
        at = sorted(map(tuple, found.xy.tolist()))
        np.testing.assert_allclose(at, [(46, 30), (54, 30)], atol=0.25)


def test_two_points_do_not_move_to_one_target() -> None:
    scene = sky([(46, 30)], amplitude=600, shape=(60, 100))
    for second in ((49.0, 31.0), (52.0, 31.0), (44.0, 25.0)):
        found = measure(scene.frame, Points.labels([(45, 29), second]), fallback_std=2)
        assert measured(found).sum() <= 1
        assert not measured(found)[1]
        assert found.xy[1] == pytest.approx(second)


def test_shifting_the_frame_shifts_the_place() -> None:
    rng = np.random.default_rng(1)
    truth = grid(rng)
    scene = sky(truth, amplitude=300, shape=SHAPE)
    start = truth + rng.normal(0, 2, truth.shape)
    found = measure(scene.frame[:-10, :-12], Points.labels(start), fallback_std=2)
    moved = np.zeros(SHAPE)
    moved[10:, 12:] = scene.frame[:-10, :-12]
    again = measure(moved, Points.labels(start + np.array([12, 10])), fallback_std=2)
    inside = (start > 60).all(1) & (start < (SHAPE[1] - 60, SHAPE[0] - 60)).all(1)
    np.testing.assert_allclose(again.xy[inside], found.xy[inside] + np.array([12, 10]), atol=1e-4)
