"""The mean of earlier frames, and what is left of a frame without it."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.tracking.background import Background
from support.moving import SHAPE, seen_from, texture


@pytest.mark.parametrize("pan", [(0.0, 0.0), (1.5, 0.4), (-0.7, 1.2)])
def test_what_stands_still_in_the_scene_disappears(pan: tuple[float, float]) -> None:
    """Also beside the lines that came into view, where a mean of nothing must not count."""
    background, field = Background(), texture(3)
    for number in range(30):
        place = (pan[0] * number - 20, pan[1] * number - 20)
        frame = (7000 + 30 * seen_from(field, place)).astype(np.float32)
        left = background.subtract(frame, (-pan[0], -pan[1]) if number else (0.0, 0.0))
    assert left is not None
    assert left.std() < 3
    assert np.abs(left).max() < 25
    known = background.known
    if known is not None:
        assert known.mean() > 0.7
        assert not left[~known].any()


def test_the_first_frames_have_no_background() -> None:
    background = Background()
    found = [background.subtract(np.ones(SHAPE, np.uint16), (0.0, 0.0)) for _ in range(12)]
    assert found[0] is None
    assert found[-1] is not None
    assert not found[-1].any()


def test_a_slow_target_does_not_hide_itself() -> None:
    background = Background()
    for number in range(60):
        frame = np.zeros(SHAPE, np.float32)
        frame[50, 20 + number] = 100
        left = background.subtract(frame, (0.0, 0.0))
    assert left is not None
    assert left[50, 79] == pytest.approx(100, abs=1)


def test_what_comes_into_view_is_known_after_eight_frames() -> None:
    background, field = Background(), texture(3)
    for number in range(40):
        frame = (7000 + 30 * seen_from(field, (2 * number - 20, -20))).astype(np.float32)
        left = background.subtract(frame, (-2.0, 0.0) if number else (0.0, 0.0))
    assert left is not None
    known = background.known
    assert known is not None
    assert known[:, :-16].all()
    assert not known[:, -8:].any()
    assert np.abs(left).max() < 25
