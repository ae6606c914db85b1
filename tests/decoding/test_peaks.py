"""Response map → points: sub-cell positions, plateaus, borders, gates and lattices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from irpoint.decoding.peaks import decode

Cells = npt.NDArray[np.float64]
FRAME = (96, 128)  # network pixels
MAP = (24, 32)
SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=60, deadline=None)


def bells(shape: tuple[int, int], cells: npt.ArrayLike, sigma: float) -> Cells:
    """Gaussians of peak 1 at (column, row) positions, joined by maximum."""
    rows, columns = np.indices(shape)
    joined = np.zeros(shape)
    for x, y in np.reshape(cells, (-1, 2)):
        bell = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
        joined = np.maximum(joined, bell)
    return joined


def to_cells(xy: npt.ArrayLike) -> Cells:
    """Network pixels → cells at stride 4."""
    return (np.asarray(xy, float) + 0.5) / 4 - 0.5


def around(cells: npt.ArrayLike) -> Cells:
    """A map with ``cells`` in a border of zeros."""
    return np.pad(np.asarray(cells, float), 3)


# --- positions and scores


@pytest.mark.parametrize("sigma", [1.5, 2.0])
def test_a_gaussian_is_located_to_a_fiftieth_of_a_pixel(sigma: float) -> None:
    rng = np.random.default_rng(1)
    width, height = FRAME[1] - 0.5, FRAME[0] - 0.5
    truth = rng.uniform((-0.5, -0.5), (width, height), (150, 2))
    truth[:40, 0] = rng.choice((-0.5, width), 40)  # on the left and right edge
    truth[40:80, 1] = rng.choice((-0.5, height), 40)
    truth[80:84] = [(-0.5, -0.5), (width, -0.5), (-0.5, height), (width, height)]
    errors, scores = [], []
    for xy in truth:
        found = decode(bells(MAP, to_cells(xy), sigma), 0.35)
        assert len(found) == 1
        errors.append(found.xy[0] - xy)
        scores.append(found.score[0])
    assert np.sqrt(np.square(errors).sum(axis=1).mean()) < 0.02
    assert np.abs(errors).max() < 0.02
    # The score is the peak between the cells; the highest cell may be 0.9 of it.
    assert np.asarray(scores) == pytest.approx(1.0, abs=1e-4)


@given(amplitude=st.floats(0.4, 3.0), x=st.floats(-0.5, 127.5), y=st.floats(-0.5, 95.5))
@few
def test_the_score_is_the_amplitude_and_does_not_move_the_position(
    amplitude: float, x: float, y: float
) -> None:
    found = decode(amplitude * bells(MAP, to_cells((x, y)), 2.0), 0.35)
    assert found.xy == pytest.approx(np.array([[x, y]]), abs=0.02)
    assert found.score == pytest.approx([amplitude], rel=1e-4)


@pytest.mark.parametrize("sigma", [1.5, 2.0])
@given(x=st.floats(4, 24), y=st.floats(4, 18), angle=st.floats(0, 2 * np.pi))
@few
def test_two_gaussians_three_cells_apart_are_two_points(
    sigma: float, x: float, y: float, angle: float
) -> None:
    truth = np.array([(x, y), (x + 3 * np.cos(angle), y + 3 * np.sin(angle))])
    found = decode(bells(MAP, truth, sigma), 0.35)
    assert len(found) == 2
    gaps = np.linalg.norm(to_cells(found.xy)[:, None] - truth[None], axis=2)
    assert set(gaps.argmin(axis=1)) == {0, 1}
    assert gaps.min(axis=1).max() < 1.3


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (24, 32)])
def test_an_empty_map_has_no_points(shape: tuple[int, int]) -> None:
    found = decode(np.zeros(shape, np.float32), 0.1)
    assert found.xy.shape == (0, 2)
    assert found.score.shape == (0,)


def test_ten_thousand_peaks_are_all_found() -> None:
    rng = np.random.default_rng(2)
    row, column = np.divmod(np.arange(10_000), 100)
    truth = np.stack([column, row], axis=1) * 8 + 4 + rng.uniform(-0.5, 0.5, (10_000, 2))
    reach = np.arange(8) - 4
    response = np.zeros((800, 800))
    for x, y in truth:  # bells() would take minutes
        left, top = round(x), round(y)
        bell = np.outer(
            np.exp(-((top + reach - y) ** 2) / 8), np.exp(-((left + reach - x) ** 2) / 8)
        )
        response[top - 4 : top + 4, left - 4 : left + 4] = bell
    found = decode(response, 0.35)
    assert len(found) == 10_000
    cells = to_cells(found.xy)
    order = np.lexsort((cells[:, 0] // 8, cells[:, 1] // 8))
    assert np.abs(cells[order] - truth).max() < 0.01


@pytest.mark.parametrize("peak", [1.0, 0.4, 7.0])
def test_a_parabola_through_the_values_if_a_neighbour_is_not_positive(peak: float) -> None:
    # Vertex of the parabola through (-1, left), (0, 1), (1, right), all times the peak.
    for left, right in ((0.0, 0.5), (-0.4, 0.5), (0.5, -3.0)):
        slope, curvature = (right - left) / 2, left + right - 2
        found = decode(peak * np.array([[left, 1.0, right]]), 0.35)
        assert found.xy[0, 0] == pytest.approx(4 * (1 - slope / curvature) + 1.5, abs=1e-5)
        # The last one, a single spike, is raised no more than a Gaussian.
        gain = min(1 - slope**2 / (2 * curvature), 1.15)
        assert found.score[0] == pytest.approx(peak * gain, rel=1e-6)


@given(down=st.integers(0, 9), right=st.integers(0, 9), seed=SEEDS)
@few
def test_a_shift_by_whole_cells_moves_points_by_the_stride(
    down: int, right: int, seed: int
) -> None:
    patch = np.random.default_rng(seed).uniform(0, 1, (10, 12))
    here, there = np.zeros((24, 32)), np.zeros((24, 32))
    here[2:12, 2:14] = patch
    there[2 + down : 12 + down, 2 + right : 14 + right] = patch
    before, after = decode(here, 0.3), decode(there, 0.3)
    assert len(before) > 0
    assert after.score == pytest.approx(before.score)
    assert after.xy - before.xy == pytest.approx(
        np.broadcast_to([4.0 * right, 4.0 * down], before.xy.shape), abs=1e-4
    )


# --- plateaus

_U = [[1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
_RING = [[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
_DISC = np.hypot(*(np.indices((15, 15)) - 7)) <= 7


@pytest.mark.parametrize(
    ("cells", "middle"),
    [
        ([[1, 1]], (3.5, 3)), ([[1], [1]], (3, 3.5)), ([[1, 1, 1]], (4, 3)),
        ([[1, 1], [1, 1]], (3.5, 3.5)), (_DISC, (10, 10)),
    ],
)  # fmt: skip
def test_a_plateau_is_one_point_in_its_middle(
    cells: npt.ArrayLike, middle: tuple[float, float]
) -> None:
    found = decode(around(cells), 0.35)
    assert len(found) == 1
    assert to_cells(found.xy[0]) == pytest.approx(middle, abs=1e-5)


@pytest.mark.parametrize("cells", [_U, _RING, np.eye(5), np.ones((6, 9))])
def test_a_plateau_of_any_shape_is_one_point_on_it(cells: npt.ArrayLike) -> None:
    response = around(cells)
    found = decode(response, 0.35)
    assert len(found) == 1
    column, row = np.round(to_cells(found.xy[0])).astype(int)
    assert response[row - 1 : row + 2, column - 1 : column + 2].max() == 1


@pytest.mark.parametrize("edge", [np.s_[:2, 4:7], np.s_[-3:, -3:], np.s_[5:9, :1], np.s_[0, :]])
def test_a_plateau_on_the_border_is_one_point_in_the_map(edge: tuple[slice, slice]) -> None:
    response = np.zeros((12, 14))
    response[edge] = 1
    found = decode(response, 0.35)
    assert len(found) == 1
    x, y = to_cells(found.xy[0])
    assert -1 <= x <= 14
    assert -1 <= y <= 12


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (2, 2), (3, 3), (24, 32)])
def test_a_constant_map_is_one_point_if_it_reaches_the_threshold(shape: tuple[int, int]) -> None:
    assert len(decode(np.full(shape, 0.5), 0.4)) == 1
    assert len(decode(np.full(shape, 0.5), 0.6)) == 0


@pytest.mark.parametrize(
    "cells",
    [
        [[1, 1, 2]], [[1, 1, 1, 2]], [[1, 1], [1, 1], [0, 2]],
        # Two corners of one shoulder that do not touch each other.
        [[0, 0, 1], [0, 1, 0], [1, 0, 2]],
    ],
)  # fmt: skip
def test_a_shoulder_is_no_point(cells: npt.ArrayLike) -> None:
    for turned in (np.rot90(cells, k) for k in range(4)):
        assert len(decode(turned, 0.35)) == 1
        found = decode(around(turned), 0.35)
        assert len(found) == 1
        assert found.score[0] >= 2


def regional_maxima(cells: Cells) -> list[Cells]:
    """By definition: connected cells of one value without a higher neighbour."""
    maxima = []
    for value in np.unique(cells):
        areas, count = ndimage.label(cells == value, np.ones((3, 3)))
        for area in (areas == k for k in range(1, count + 1)):
            rim = ndimage.binary_dilation(area, np.ones((3, 3))) & ~area
            if not (cells[rim] > value).any():
                maxima.append(area)
    return maxima


@given(
    cells=st.tuples(st.integers(1, 8), st.integers(1, 8)).flatmap(
        lambda shape: arrays(np.int8, shape, elements=st.integers(-1, 3))
    )
)
@settings(max_examples=100, deadline=None)
def test_there_is_one_point_per_plateau(cells: npt.NDArray[np.int8]) -> None:
    found = decode(cells.astype(float), 0.9)
    maxima = [area for area in regional_maxima(cells) if cells[area][0] > 0]
    assert len(found) == len(maxima)
    near = [ndimage.binary_dilation(area, np.ones((3, 3))) for area in maxima]
    places = np.round(to_cells(found.xy)).astype(int)
    places = np.clip(places, 0, np.array(cells.shape[::-1]) - 1)
    assert all(area[places[:, 1], places[:, 0]].any() for area in near)


@given(seed=SEEDS, coarse=st.booleans(), correlated=st.booleans())
@settings(max_examples=25, deadline=None)
def test_the_points_of_a_noise_map_are_its_local_maxima(
    seed: int, coarse: bool, correlated: bool
) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.5, (13, 16))
    noise = ndimage.gaussian_filter(noise, 1.0) * 3 if correlated else noise
    noise = np.round(noise, 1) if coarse else noise
    found = decode(noise, 0.3)
    maxima = [area for area in regional_maxima(noise) if noise[area][0] > 0.15]
    sure = sum(noise[area][0] >= 0.3 for area in maxima)
    assert sure <= len(found) <= len(maxima)  # a vertex between the cells may reach the threshold
    for (x, y), score in zip(to_cells(found.xy), found.score, strict=True):
        near = [
            area
            for area in maxima
            if (np.abs(np.argwhere(area) - (y, x)).max(axis=1) <= 1.001).any()
            and noise[area][0] * 0.999 <= score <= 2.001 * noise[area][0]
        ]
        assert near


# --- thresholds, gates and order


@pytest.mark.parametrize("number", [float, np.float64, np.float32])
@pytest.mark.parametrize("value", [0.35, 0.1, 0.7])
def test_the_threshold_is_inclusive(number: type, value: float) -> None:
    response = np.zeros((5, 5), np.float32)
    response[2, 2] = value
    assert len(decode(response, number(value))) == 1
    assert len(decode(response, number(value * 1.001))) == 0


@pytest.mark.parametrize("threshold", [0.0, -0.1, float("nan")])
def test_a_threshold_that_is_not_positive_is_an_error(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        decode(np.zeros((4, 4)), threshold)


def peaks_of(*values: float) -> Cells:
    """Single cells of the given values, six apart."""
    response = np.zeros((5, 6 * len(values)))
    response[2, 2::6] = values
    return response


def test_the_highest_score_is_first() -> None:
    found = decode(peaks_of(0.5, 0.9, 0.4, 1.2, 0.7), 0.35)
    assert found.score == pytest.approx([1.2, 0.9, 0.7, 0.5, 0.4])
    assert to_cells(found.xy)[:, 0] == pytest.approx([20, 8, 26, 2, 14])


def test_the_relative_gate_hides_dim_points_and_is_off_by_default() -> None:
    response = peaks_of(0.66, 1.0, 0.64, 0.4)
    assert len(decode(response, 0.35)) == 4
    assert decode(response, 0.35, relative_gate=0.65).score == pytest.approx([1.0, 0.66])
    assert len(decode(response, 0.7, relative_gate=0.65)) == 1  # the threshold still holds
    assert len(decode(peaks_of(0.5, 0.5), 0.35, relative_gate=1.0)) == 2


@pytest.mark.parametrize(("cap", "count"), [(None, 4), (0, 0), (1, 1), (3, 3), (8, 4)])
def test_max_points_keeps_the_highest_scores(cap: int | None, count: int) -> None:
    found = decode(peaks_of(0.4, 1.0, 0.6, 0.8), 0.35, max_points=cap)
    assert found.score == pytest.approx([1.0, 0.8, 0.6, 0.4][:count])


# --- lattices, shapes and types


@pytest.mark.parametrize(
    ("arguments", "xy"),
    [
        ({}, (13.5, 9.5)), ({"map_offset": 0.0}, (12, 8)), ({"stride": 2}, (6.5, 4.5)),
        ({"stride": 1}, (3, 2)), ({"stride": 2, "map_offset": 0.0}, (6, 4)),
    ],
)  # fmt: skip
def test_the_lattice(arguments: dict[str, float], xy: tuple[float, float]) -> None:
    response = np.zeros((5, 6))
    response[2, 3] = 1
    assert decode(response, 0.35, **arguments).xy[0] == pytest.approx(xy)  # type: ignore[arg-type]


def test_maps_smaller_than_a_parabola() -> None:
    assert decode(np.array([[0.9]]), 0.35).xy.tolist() == [[1.5, 1.5]]
    assert decode(np.array([[0.2, 0.9], [0.1, 0.3]]), 0.35).xy.tolist() == [[5.5, 1.5]]
    along = decode(bells((1, 9), (4.3, 0), 1.5), 0.35)
    assert to_cells(along.xy[0]) == pytest.approx((4.3, 0), abs=1e-4)
    down = decode(bells((9, 1), (0, 4.3), 1.5), 0.35)
    assert to_cells(down.xy[0]) == pytest.approx((0, 4.3), abs=1e-4)


def test_every_float_type_and_memory_layout_gives_the_same_points() -> None:
    response = bells(MAP, [(5.3, 6.1), (20.7, 15.4)], 1.5)
    wanted = decode(response, 0.35)
    assert len(wanted) == 2
    assert decode(response.astype(np.float32), 0.35) == wanted
    assert decode(np.asfortranarray(response), 0.35) == wanted
    half = decode(response.astype(np.float16), 0.35)
    order = np.argsort(half.xy[:, 0]), np.argsort(wanted.xy[:, 0])
    assert half.xy[order[0]] == pytest.approx(wanted.xy[order[1]], abs=0.02)
    assert half.xy.dtype == half.score.dtype == np.float32


def test_the_map_is_not_modified() -> None:
    response = bells(MAP, (5.3, 6.1), 1.5).astype(np.float32)
    copy = response.copy()
    decode(response, 0.35)
    assert np.array_equal(response, copy)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_map_that_is_not_finite_is_an_error(value: float) -> None:
    response = bells(MAP, (5.3, 6.1), 1.5)
    response[20, 20] = value  # far from the target, which would be found all the same
    with pytest.raises(ValueError, match="NaN or infinite"):
        decode(response, 0.35)
