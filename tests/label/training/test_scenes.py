"""Clips among labelled frames."""

from __future__ import annotations

import numpy as np

from irpoint.label.training.scenes import scenes


def _sky(seed: int) -> np.ndarray:
    """A gradient, clouds of 16 px and noise."""
    random = np.random.default_rng(seed)
    clouds = np.kron(random.normal(0, 3, (8, 8)), np.ones((16, 16)))
    return np.linspace(90, 140, 128)[:, None] + clouds


def _noisy(sky: np.ndarray, seed: int) -> np.ndarray:
    return np.rint(sky + np.random.default_rng(seed).normal(0, 2, sky.shape)).astype(np.uint8)


def test_frames_of_a_file_are_a_clip() -> None:
    places = [("a.tif", 0, True), ("a.tif", 90, True), ("b.tif", 0, True)]
    assert scenes(places, lambda _: None) == ["a.tif", "a.tif", "b.tif"]


def test_images_are_a_clip_if_consecutive_ones_look_alike() -> None:
    pictures = [_noisy(_sky(min(k // 3, 3)), k) for k in range(12)]
    numbers = [*range(11), 60]  # the last one is of the same scene, but much later
    found = scenes([("", number, False) for number in numbers], lambda k: pictures[k])
    assert found == ["#0"] * 3 + ["#3"] * 3 + ["#6"] * 3 + ["#9"] * 2 + ["#60"]


def test_clear_skies_with_the_same_gradient_are_not_a_clip() -> None:
    clear = np.linspace(90, 140, 128)[:, None] * np.ones(128)
    pictures = [_noisy(clear, k) for k in range(4)]
    assert len(set(scenes([("", k, False) for k in range(4)], lambda k: pictures[k]))) == 4


def test_what_cannot_be_read_is_not_like_its_neighbours() -> None:
    places = [("", k, False) for k in range(3)]
    sky = _noisy(_sky(0), 0)
    assert len(set(scenes(places, lambda k: None if k == 1 else sky))) == 3
