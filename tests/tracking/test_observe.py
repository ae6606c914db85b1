"""Points and specks as candidates on one scale."""

from __future__ import annotations

import numpy as np

from irpoint.points import Points
from irpoint.tracking.observe import Observer
from irpoint.tracking.specks import Specks


def strong_specks() -> Specks:
    return Specks(np.array([[100.0, 80.0]]), np.array([12.0]), np.zeros(1, bool))


def test_the_first_specks_of_a_sequence_count_little() -> None:
    """Three frames of them confirmed tracks where the scene has structure."""
    observer = Observer((240, 320))
    z = [observer.candidates(Points.empty(), strong_specks()).z[0] for _ in range(12)]
    assert z[0] == 3
    assert np.all(np.diff(z) >= 0)
    assert z[-1] > 5


def test_frames_without_pixels_tell_nothing_about_specks() -> None:
    observer = Observer((240, 320))
    for _ in range(5):
        assert len(observer.candidates(Points.empty(), None)) == 0
    assert observer.candidates(Points.empty(), strong_specks()).z[0] == 3


def test_what_the_network_alone_shows_is_marked() -> None:
    points = Points(np.float32([[101, 81], [200, 150]]), np.float32([0.2, 0.2]))
    specks = Specks(
        np.array([[100.0, 80.0], [30.0, 40.0]]), np.array([5.0, 5.0]), np.zeros(2, bool)
    )
    found = Observer((240, 320)).candidates(points, specks)
    assert found.alone.tolist() == [False, True, False]
    assert not Observer((240, 320)).candidates(points, None).alone.any()
