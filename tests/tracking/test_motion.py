"""The shift of the image's content between two frames."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.tracking.motion import estimate, view
from support.moving import SHAPE, seen_from, speck, texture


def frame(place: tuple[float, float], seed: int, noise: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    counts = 1000 + 100 * (seen_from(texture(), place) + rng.normal(0, noise, SHAPE))
    return counts.astype(np.uint16)


@pytest.mark.parametrize("place", [(0.0, 0.0), (0.4, -0.3), (3.0, 2.0), (-10.0, 10.0), (9.6, -4.7)])
def test_the_shift_is_found_within_a_tenth_of_a_pixel(place: tuple[float, float]) -> None:
    found = estimate(view(frame((0, 0), 1)), view(frame(place, 2)))
    assert found is not None
    # The camera moves right, so the content moves left.
    assert (found.x, found.y) == pytest.approx((-place[0], -place[1]), abs=0.1)
    assert found.x_std < 0.1


def test_targets_that_move_on_their_own_do_not_matter() -> None:
    before, after = frame((0, 0), 1).astype(float), frame((2.0, 1.0), 2).astype(float)
    places = np.array([(30.0 + 40 * k, 50.0 + 10 * k) for k in range(4)])
    moved = places + np.array([10.0, -5.0])
    for (x, y), (later_x, later_y) in zip(places.tolist(), moved.tolist(), strict=True):
        before += speck((x, y), 3000)
        after += speck((later_x, later_y), 3000)
    found = estimate(view(before, places), view(after, moved))
    assert found is not None
    assert (found.x, found.y) == pytest.approx((-2, -1), abs=0.2)


def test_a_clear_sky_shows_the_shift_along_its_gradient() -> None:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:512, :640]

    def sky(x: float, y: float) -> np.ndarray:
        radiance = 60 * np.exp((rows + y - 600) / 250) + 20 * np.sin((columns + x) / 150)
        return radiance + rng.normal(0, 1, radiance.shape)

    found = estimate(view(sky(0, 0)), view(sky(3, 5)))
    assert found is not None
    assert (found.x, found.y) == pytest.approx((-3, -5), abs=0.6)
    assert 0.01 < found.y_std < 0.6


def test_frames_of_noise_tell_nothing() -> None:
    rng = np.random.default_rng(0)
    one, other = (view(rng.normal(100, 1, SHAPE)) for _ in range(2))
    assert estimate(one, other) is None


def test_frames_that_are_too_small_have_no_view() -> None:
    assert view(np.zeros((8, 8), np.uint8)) is None


def test_frames_of_different_sizes_tell_nothing() -> None:
    one = view(frame((0, 0), 1))
    assert estimate(one, view(frame((0, 0), 1)[:100])) is None
