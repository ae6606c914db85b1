"""What must not change a measured place: shifts, transposition, gain, offset, a plane."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.measurement import Measurement
from irpoint.measuring import measure
from irpoint.points import Points
from support.targets import sky

SHAPE = (80, 96)
AT = [(40.3, 38.2), (20.1, 60.4), (70.6, 30.8)]


def _frame(seed: int, noise: float = 10.0) -> npt.NDArray[np.float64]:
    return sky(
        AT, amplitude=[400, 250, 600], width=[1.0, 0.7, 1.3], shape=SHAPE, noise=noise, seed=seed
    ).frame


def _measured(frame: npt.NDArray[np.float64], xy: npt.ArrayLike) -> tuple[Points, Measurement]:
    found = measure(frame, Points.labels(xy))
    assert found.measured is not None
    return found, found.measured


SEEDS = st.integers(0, 50)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, dx=st.integers(-4, 4), dy=st.integers(-4, 4))
def test_a_shift_by_whole_pixels_shifts_the_result(seed: int, dx: int, dy: int) -> None:
    frame = _frame(seed)
    large = np.pad(frame, 10, mode="reflect")
    start = np.array(AT) + 0.3
    first, before = _measured(large, start + 10)
    moved = np.roll(large, (dy, dx), (0, 1))
    second, after = _measured(moved, start + 10 + (dx, dy))
    np.testing.assert_allclose(second.xy, first.xy + np.float32([dx, dy]), atol=1e-4)
    np.testing.assert_allclose(after.x_std, before.x_std, rtol=1e-3)
    np.testing.assert_array_equal(after.flags, before.flags)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_transposing_transposes(seed: int) -> None:
    frame = _frame(seed)
    start = np.array(AT, np.float32)
    first, before = _measured(frame, start)
    second, after = _measured(frame.T.copy(), start[:, ::-1])
    np.testing.assert_allclose(second.xy, first.xy[:, ::-1], atol=1e-4)
    np.testing.assert_allclose(after.x_std, before.y_std, rtol=1e-3)
    np.testing.assert_allclose(after.y_std, before.x_std, rtol=1e-3)
    np.testing.assert_array_equal(after.flags, before.flags)


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, gain=st.floats(1e-6, 1e6))
def test_scaling_the_counts_scales_signals_and_leaves_places(seed: int, gain: float) -> None:
    frame = _frame(seed)
    first, before = _measured(frame, AT)
    second, after = _measured(gain * frame, AT)
    np.testing.assert_allclose(second.xy, first.xy, atol=1e-4)
    np.testing.assert_allclose(after.amplitude, gain * before.amplitude, rtol=1e-3)
    np.testing.assert_allclose(after.flux, gain * before.flux, rtol=1e-3)
    np.testing.assert_allclose(after.background, gain * before.background, rtol=1e-4)
    np.testing.assert_allclose(after.snr, before.snr, rtol=1e-3)
    np.testing.assert_allclose(after.x_std, before.x_std, rtol=1e-3)


@settings(max_examples=15, deadline=None)
@given(
    seed=SEEDS,
    offset=st.floats(-5000, 5000),
    slope=st.tuples(st.floats(-20, 20), st.floats(-20, 20)),
)
def test_a_plane_changes_nothing(seed: int, offset: float, slope: tuple[float, float]) -> None:
    frame = _frame(seed)
    rows, columns = np.indices(frame.shape)
    first, before = _measured(frame, AT)
    second, after = _measured(frame + offset + slope[0] * columns + slope[1] * rows, AT)
    np.testing.assert_allclose(second.xy, first.xy, atol=1e-4)
    np.testing.assert_allclose(after.flux, before.flux, rtol=1e-3)
    np.testing.assert_allclose(after.x_std, before.x_std, rtol=1e-3)
    np.testing.assert_allclose(after.snr, before.snr, rtol=1e-3)


@pytest.mark.parametrize("dtype", ["u2", "i4", "f4", "f8", "u8"])
def test_the_type_of_the_frame_does_not_matter(dtype: str) -> None:
    frame = np.rint(_frame(3))
    first, _ = _measured(frame, AT)
    second, _ = _measured(frame.astype(dtype), AT)
    np.testing.assert_allclose(second.xy, first.xy, atol=1e-5)


def test_the_order_of_points_does_not_matter() -> None:
    frame, start = _frame(4), np.array(AT)
    first, before = _measured(frame, start)
    order = np.array([2, 0, 1])
    second, after = _measured(frame, start[order])
    np.testing.assert_array_equal(second.xy, first.xy[order])
    np.testing.assert_array_equal(after.x_std, before.x_std[order])
