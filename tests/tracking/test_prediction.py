"""Clutter that moves is predicted, noise and targets are not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from irpoint.tracking.matched import MatchedFilter
from irpoint.tracking.noise import CELL, mean_of_cells
from irpoint.tracking.prediction import Prediction
from support.moving import SHAPE, speck

Frames = list[npt.NDArray[np.float64]]


def waves(count: int, shape: tuple[int, int] = SHAPE) -> Frames:
    """Waves of several directions, each at a speed of its own, under noise of 1."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices(shape)
    frames = [rng.normal(0, 1, shape) for _ in range(count)]
    for _ in range(12):
        angle, length, phase = rng.uniform((0, 8, 0), (2 * np.pi, 20, 2 * np.pi))
        along = 2 * np.pi / length * (columns * np.cos(angle) + rows * np.sin(angle))
        for number, frame in enumerate(frames):
            frame += 8 * np.sin(along - 0.25 * number * np.sqrt(10 / length) + phase)
    return frames


def residuals(
    frames: Frames, scrolled: tuple[int, int] = (0, 0), targets: Frames | None = None
) -> tuple[list[float], Frames]:
    """Of each frame, the filtered deviation before and after, and the residual of the last one."""
    matched, prediction = MatchedFilter(), Prediction()
    shares = []
    for number, frame in enumerate(frames):
        filtered, power = matched(frame.astype(np.float32))
        before = float(filtered.std())
        predicted = prediction(
            filtered, power, scrolled, np.empty((0, 2)) if targets is None else targets[number]
        )
        rest, cells = (filtered, power) if predicted is None else predicted
        whole = rest[: len(rest) // CELL * CELL, : rest.shape[1] // CELL * CELL]
        assert np.allclose(
            cells[: len(whole) // CELL, : whole.shape[1] // CELL],
            mean_of_cells(whole**2),
            rtol=1e-3,
        )
        shares.append(float(rest.std()) / before)
    return shares, [rest.astype(float)]


@pytest.mark.parametrize("shape", [SHAPE, (150, 199), (44, 61)])
def test_waves_are_predicted(shape: tuple[int, int]) -> None:
    shares, _ = residuals(waves(12, shape))
    assert shares[0] == 1  # nothing is known yet
    assert max(shares[5:]) < 0.5


def test_a_target_among_waves_stays() -> None:
    frames = waves(30)
    alone = [np.zeros(SHAPE) for _ in frames]
    for number in range(len(frames)):
        target = speck((60.0 + 2.5 * number, 70.0), 12.0)
        frames[number] += target
        alone[number] += target
    _, [rest] = residuals(frames)
    filtered, _ = MatchedFilter()(alone[-1].astype(np.float32))
    row, column = np.unravel_index(filtered.argmax(), filtered.shape)
    assert rest[row, column] > 0.6 * filtered.max()
    assert rest[row, column] > 4 * rest.std()


def test_noise_is_not_predicted() -> None:
    rng = np.random.default_rng(2)
    shares, _ = residuals([rng.normal(0, 1, SHAPE) for _ in range(20)])
    assert set(shares) == {1.0}


def test_a_bright_target_before_a_clear_sky_does_not_predict_itself() -> None:
    rng = np.random.default_rng(3)
    frames = [rng.normal(0, 1, SHAPE) for _ in range(20)]
    places = [np.array([[60.0 + number, 70.0]]) for number in range(20)]
    for frame, [(x, y)] in zip(frames, places, strict=True):
        frame += speck((x, y), 60.0)
    assert min(residuals(frames)[0]) < 0.7
    assert set(residuals(frames, targets=places)[0]) == {1.0}


def test_a_scene_that_scrolls_is_predicted_where_it_was_seen() -> None:
    rng = np.random.default_rng(4)
    scene = 30 * ndimage.gaussian_filter(rng.normal(0, 1, (SHAPE[0], SHAPE[1] + 120)), 1.5)
    frames = [scene[:, 9 * k : 9 * k + SHAPE[1]] + rng.normal(0, 1, SHAPE) for k in range(12)]
    assert max(residuals(frames, (0, -9))[0][5:]) < 0.7
    assert set(residuals(frames)[0]) == {1.0}  # the scene is taken to stand still


def test_too_few_pixels_predict_nothing() -> None:
    assert set(residuals(waves(12, (12, 40)))[0]) == {1.0}
