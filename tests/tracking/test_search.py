"""What the search over paths takes for a moving target, and what for a thing that stands still."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.tracking.candidates import Candidates
from irpoint.tracking.motion import Motion
from irpoint.tracking.search import HELD, Search

SHAPE = (256, 320)


class Stream:
    """A target among noise, frame by frame."""

    def __init__(self, noise: int, motion: Motion | None = None) -> None:
        self.search = Search(SHAPE)
        self._rng, self._noise, self._motion = np.random.default_rng(0), noise, motion
        self._place = np.array([150.0, 120.0])

    def goes_on(self, step: tuple[float, float]) -> bool:
        """The next frame, the target having moved by ``step`` in the scene: has it a number?"""
        if (motion := self._motion) is not None:
            self._place = self._place + np.array((motion.x, motion.y))
        self._place = self._place + step
        seen = self._place + self._rng.normal(0, 0.2, 2)
        places = np.vstack([seen, self._rng.uniform(4, 250, (self._noise, 2))])
        z = np.concatenate([[4.0], self._rng.uniform(3.0, 3.4, self._noise)])
        count = len(places)
        unknown, dark = np.full(count, -2.0), np.zeros(count, bool)
        candidates = Candidates(places, np.full(count, 0.05), z, unknown, dark, dark)
        floor = np.full(1, 3.0)
        numbers = self.search.update(candidates, lambda xy: floor.repeat(len(xy)), 1.0, motion)
        return bool(numbers[0])

    def held(self) -> int:
        """Number of paths that are certain, but may stand still."""
        assert self.search.paths is not None
        return int((self.search.paths.number == HELD).sum())


def test_a_slow_target_is_named_among_noise_that_fills_the_search() -> None:
    """Each new speck of noise looks better than a target that clutter of the scene may explain."""
    stream = Stream(noise=200)
    assert any(stream.goes_on((0.25, 0.1)) for _ in range(40))


@pytest.mark.parametrize("std", [(0.7, 0.05), (0.05, 0.7)])
def test_motion_counts_along_the_axis_along_which_the_camera_is_known(
    std: tuple[float, float],
) -> None:
    x, y = (0.4 if one < 0.1 else 0.0 for one in std)
    along, across = (Stream(5, Motion(-0.5, 0.3, *std)) for _ in range(2))
    assert any(along.goes_on((x, y)) for _ in range(40))
    assert not any(across.goes_on((y, x)) for _ in range(40))
    assert across.held() == 1


def test_what_turns_out_to_move_no_longer_counts_as_a_still_thing() -> None:
    stream = Stream(noise=60)
    assert not any(stream.goes_on((0.0, 0.0)) for _ in range(60))
    assert stream.held() == 1
    assert stream.search.still_things == 1
    assert any(stream.goes_on((0.5, 0.5)) for _ in range(30))
    assert stream.search.still_things == 0


@pytest.mark.parametrize("slow", [0.3, 1.5])
def test_targets_that_cross_keep_their_numbers(slow: float) -> None:
    """While they are close, they look like one."""
    search, rng, owners = Search(SHAPE), np.random.default_rng(0), {}
    for frame in range(-60, 61):
        targets = np.array([[160 + 0.8 * frame, 120.0], [160.0, 120 + slow * frame]])
        if np.abs(targets[0] - targets[1]).max() < 4:
            targets = targets.mean(axis=0, keepdims=True)
        targets = targets + rng.normal(0, 0.2, targets.shape)
        places = np.vstack([targets, rng.uniform(4, 250, (60, 2))])
        z = np.r_[np.full(len(targets), 5.0), rng.uniform(3.0, 3.4, 60)]
        count = len(places)
        unknown, dark = np.full(count, -2.0), np.zeros(count, bool)
        candidates = Candidates(places, np.full(count, 0.05), z, unknown, dark, dark)
        numbers = search.update(candidates, lambda xy: np.full(len(xy), 3.0), 1.0, None)
        owners[frame] = numbers[:2].tolist()
    assert 0 not in owners[-20]
    assert owners[60] == owners[-20]


def test_more_is_asked_in_a_scene_with_structure() -> None:
    """A clear sky has none."""
    calm = Stream(noise=60)
    for _ in range(60):
        calm.goes_on((2.0, 1.0))
    assert calm.search.threshold(1.0) < Search(SHAPE).threshold(1.0) - 2
