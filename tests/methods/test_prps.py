"""PRPS, ours: the decoder reads every label back. Published PRPS: it does what is known of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.decoding.peaks import decode
from irpoint.methods.spire.target_map import prps, published_prps
from irpoint.psf import gaussian_psf_image
from irpoint.simulate import power_law_field

Image = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
SHAPE = (128, 160)
SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=25, deadline=None)
sigmas = pytest.mark.parametrize("sigma", [1.5, 2.0])


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def spread(seed: int, apart: float, margin: float, count: int = 12) -> Floats:
    """Random positions at least ``apart`` from each other and ``margin`` from the frame's edge."""
    chosen = np.empty((0, 2))
    for xy in rng(seed).uniform(margin, np.array(SHAPE[::-1]) - 1 - margin, (400, 2)):
        if len(chosen) < count and (np.hypot(*(chosen - xy).T) >= apart).all():
            chosen = np.vstack([chosen, xy])
    return chosen


def blobs(xy: npt.ArrayLike, sigma: npt.ArrayLike, amplitude: npt.ArrayLike) -> Image:
    return gaussian_psf_image(SHAPE, xy, sigma, amplitude, np.float32)


def clutter(seed: int, steepness: float = 2.0) -> Image:
    """Cloud-like sky of unit deviation and no target in it."""
    return power_law_field(SHAPE, steepness, rng(seed)).astype(np.float32)


def frame(kind: str, xy: Floats, seed: int) -> Image:
    """A frame with targets at ``xy`` on the kind of sky that is asked for."""
    draw = rng(seed + 1)
    sizes = draw.uniform(0.7, 5.0, len(xy))
    heights = draw.uniform(0.3, 2.0, len(xy))
    match kind:
        case "flat":
            return np.full(SHAPE, 0.4, np.float32)
        case "clean":
            return 0.2 + blobs(xy, sizes, heights)
        case "dark":
            return 0.8 - blobs(xy, sizes, heights)
        case "mixed":
            return blobs(xy, sizes, heights * draw.choice((-1, 1), len(xy)))
        case "cluttered":
            return clutter(seed) + blobs(xy, sizes, 2 * heights)
        case "noisy":
            return draw.normal(0.3, 0.5, SHAPE).astype(np.float32) + blobs(xy, sizes, heights)
        case "edge":  # every target on one side of a step ten times as high as it
            return np.where(np.arange(SHAPE[1]) > 80, 3.0, 0.0).astype(np.float32) + blobs(
                xy, sizes, 0.3
            )
    raise AssertionError(kind)


KINDS = ["flat", "clean", "dark", "mixed", "cluttered", "noisy", "edge"]


def worst(found: Floats, truth: Floats) -> float:
    """Largest distance from a label to the point nearest to it."""
    return float(np.linalg.norm(found[:, None] - truth[None], axis=2).min(axis=0).max())


# --- ours


@sigmas
@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 10_000))
@few
def test_the_decoder_reads_the_labels_back(kind: str, sigma: float, seed: int) -> None:
    truth = spread(seed, 16.0, 8.0)
    target = prps(frame(kind, truth, seed), truth, sigma)
    found = decode(target, 0.1)
    assert len(found) == len(truth)  # one peak a label, and no other down to 0.1
    assert worst(found.xy, truth) < 0.05
    assert found.score == pytest.approx(1.0, abs=1e-3)


@sigmas
@pytest.mark.parametrize("kind", KINDS)
@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_labels_on_the_border_are_read_back(kind: str, sigma: float, seed: int) -> None:
    draw = rng(seed)
    x, y = draw.uniform(40, 88, 2)
    left, right, top, bottom = draw.choice((-0.5, 0.0), 4) + draw.uniform(0, (0, 6, 6, 6))
    right, bottom = SHAPE[1] - 1 - right, SHAPE[0] - 1 - bottom
    edges = [(x, top), (x, bottom), (left, y), (right, y)]
    truth = np.array([*edges, (left, top), (right, top), (left, bottom), (right, bottom)])
    found = decode(prps(frame(kind, truth, seed % 1000), truth, sigma), 0.1)
    assert len(found) == len(truth)
    assert worst(found.xy, truth) < 0.05


@sigmas
@pytest.mark.parametrize("kind", KINDS)
@given(seed=SEEDS)
@few
def test_two_labels_three_cells_apart_are_two_points(kind: str, sigma: float, seed: int) -> None:
    first = rng(seed).uniform((30, 30), (130, 98))
    angle = rng(seed).uniform(0, 2 * np.pi)
    truth = np.array([first, first + 12 * np.array([np.cos(angle), np.sin(angle)])])
    found = decode(prps(frame(kind, truth, seed % 1000), truth, sigma), 0.1)
    assert len(found) == 2
    assert worst(found.xy, truth) < 5.2


@given(order=st.permutations(range(10)), sigma=st.sampled_from([1.5, 2.0]))
@few
def test_the_order_of_the_labels_does_not_matter(order: list[int], sigma: float) -> None:
    truth = rng(5).uniform((40, 40), (100, 90), (10, 2))  # crowded: their responses overlap
    image = frame("cluttered", truth, 5)
    assert np.array_equal(prps(image, truth, sigma), prps(image, truth[order], sigma))


@pytest.mark.parametrize("kind", KINDS)
@given(seed=SEEDS)
@few
def test_values_are_finite_and_in_0_to_1(kind: str, seed: int) -> None:
    labels = rng(seed).uniform(-30, 180, (15, 2))
    target = prps(frame(kind, labels, seed % 1000), labels)
    assert target.dtype == np.float32
    assert target.shape == (32, 40)
    assert target.min() >= 0
    assert target.max() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_and_its_negative_give_the_same_target(kind: str) -> None:
    truth = spread(7, 20.0, 8.0)
    image = frame(kind, truth, 7)
    assert np.array_equal(prps(image, truth), prps(-image, truth))


@pytest.mark.parametrize(("gain", "offset"), [(1e-3, 0.0), (50.0, -7.0), (1.0, 100.0)])
def test_gain_and_offset_do_not_change_the_target(gain: float, offset: float) -> None:
    truth = spread(8, 20.0, 8.0)
    image = frame("cluttered", truth, 8)
    assert prps(gain * image + offset, truth) == pytest.approx(prps(image, truth), abs=2e-3)


@sigmas
@pytest.mark.parametrize("value", [0.0, 0.4, -1.0])
def test_on_a_flat_frame_the_target_is_the_gaussian(value: float, sigma: float) -> None:
    x, y = 61.3, 70.8
    target = prps(np.full(SHAPE, value, np.float32), np.array([[x, y]]), sigma)
    rows, columns = np.indices(target.shape)
    squared = (columns - ((x + 0.5) / 4 - 0.5)) ** 2 + (rows - ((y + 0.5) / 4 - 0.5)) ** 2
    footprint = np.maximum(np.abs(columns - 15), np.abs(rows - 17)) <= 6
    wanted = np.where(footprint, np.exp(-squared / (2 * sigma**2)), 0)
    assert target == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_skirt_follows_the_image(sign: int) -> None:
    at = np.array([[61.5, 61.5]])  # the middle of cell (15, 15)
    gaussian = prps(np.zeros(SHAPE, np.float32), at)
    point, extended = (prps(sign * blobs(at, size, 1.0), at) for size in (1.5, 10.0))
    core = np.s_[14:17, 14:17]
    assert np.array_equal(point[core], gaussian[core])
    assert np.array_equal(extended[core], gaussian[core])
    skirt = np.s_[15, 18]
    assert point[skirt] < 0.6 * gaussian[skirt]
    assert point[skirt] < 0.8 * extended[skirt]
    assert extended[skirt] < gaussian[skirt]


def test_the_skirt_is_kept_where_the_target_reaches_and_not_elsewhere() -> None:
    at = np.array([[61.5, 61.5]])
    streak = blobs([(61.5 + 2 * k, 61.5) for k in range(-8, 9)], 2.0, 0.3)
    target = prps(streak, at)
    for along, across in ((np.s_[15, 18], np.s_[18, 15]), (np.s_[15, 12], np.s_[12, 15])):
        assert target[along] > 1.3 * target[across]


def test_a_label_outside_the_frame_leaves_its_skirt_only() -> None:
    image = np.zeros(SHAPE, np.float32)
    target = prps(image, np.array([[-10.0, 61.5]]))
    assert 0.05 < target.max() < 0.3
    assert np.unravel_index(target.argmax(), target.shape) == (15, 0)
    assert target[:, 6:].max() == 0
    assert prps(image, np.array([[-100.0, 61.5], [61.5, 300.0]])).max() == 0


@pytest.mark.parametrize("edge", [-24.0, -7.0, -0.6, 159.6, 166.0, 183.0])
def test_published_labels_outside_leave_nothing(edge: float) -> None:
    """Crops have such labels; there is no pixel of theirs to be the brightest."""
    image = clutter(3)
    assert not published_prps(image, np.array([[edge, 61.5]])).any()
    assert not published_prps(image.T, np.array([[61.5, edge]])).any()
    inside = np.array([[30.0, 61.5]])
    alone, beside = (
        published_prps(image, np.vstack(rows)) for rows in ([inside], [inside, [[edge, 61.5]]])
    )
    assert np.array_equal(alone, beside)


@pytest.mark.parametrize("variant", [prps, published_prps])
def test_no_labels_no_response(variant: type[prps]) -> None:
    target = variant(clutter(0), np.empty((0, 2)))
    assert target.shape == (32, 40)
    assert target.dtype == np.float32
    assert not target.any()


@given(dx=st.floats(-6, 6), dy=st.floats(-6, 6))
@few
def test_a_shift_of_the_label_shifts_the_point(dx: float, dy: float) -> None:
    image = frame("cluttered", np.array([[61.0, 62.0]]), 3)
    before, after = (
        decode(prps(image, np.array([[61.0 + a, 62.0 + b]])), 0.1).xy for a, b in ((0, 0), (dx, dy))
    )
    assert after - before == pytest.approx(np.array([[dx, dy]]), abs=0.02)


def test_the_frame_is_left_as_it_was() -> None:
    image = clutter(1)
    copy = image.copy()
    prps(image, np.array([[50.0, 60.0]]))
    published_prps(image, np.array([[50.0, 60.0]]))
    assert np.array_equal(image, copy)


# --- published


@given(
    column=st.integers(8, 31),
    row=st.integers(8, 23),
    dx=st.floats(-2, 1.99),
    dy=st.floats(-2, 1.99),
)
@few
def test_published_labels_are_rounded_to_the_corner_lattice(
    column: int, row: int, dx: float, dy: float
) -> None:
    image = blobs((4 * column, 4 * row), 1.8, 1.0)
    target = published_prps(image, np.array([[4 * column + dx, 4 * row + dy]]))
    found = decode(target, 0.5, map_offset=0.0)
    assert found.xy == pytest.approx(np.array([[4.0 * column, 4.0 * row]]), abs=1e-3)
    same = published_prps(image, np.array([[4.0 * column, 4.0 * row]]))
    assert np.array_equal(target, same)


def test_published_pixels_are_laid_over_cells() -> None:
    """A target 3 px wide leaves a response as wide as one of 12 px: the shape is magnified."""
    image = np.zeros(SHAPE, np.float32)
    image[60, 59:62] = 1
    target = published_prps(image, np.array([[60.0, 60.0]]))
    assert (target[15] > 0.5).sum() == 3
    assert (target[:, 15] > 0.5).sum() == 1


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("sign", [-1, 1])
def test_published_crop_is_about_the_brightest_pixel_within_five(axis: int, sign: int) -> None:
    label = np.array([[60.0, 60.0]])
    for pixels, found in ((5, True), (6, False)):
        image = blobs(label, 1.8, 1.0)
        row, column = np.array([60, 60]) + sign * pixels * np.eye(2, dtype=int)[axis]
        image[row, column] = 2.0
        # Only a crop with its brightest pixel in the middle gives a peak of exactly 1.
        peak = published_prps(image, label).max()
        assert peak == pytest.approx(1.0) if found else peak > 1.2


def test_published_peaks_exceed_one_beside_something_brighter() -> None:
    image = blobs((60, 60), 1.5, 0.5)
    image[60, 66] = 1.0  # inside the crop, outside the search for the brightest pixel
    target = published_prps(image, np.array([[60.0, 60.0]]))
    assert target.max() > 1.2
    assert prps(image, np.array([[60.0, 60.0]])).max() <= 1


def test_published_overlaps_depend_on_the_order_and_halve_peaks() -> None:
    truth = np.array([[60.0, 60.0], [76.0, 60.0], [68.0, 72.0]])
    image = 0.1 + blobs(truth, 1.8, 1.0)
    one_way, other = published_prps(image, truth), published_prps(image, truth[::-1])
    assert np.abs(one_way - other).max() > 0.05
    pair = np.array([[60.0, 60.0], [80.0, 60.0]])
    averaged = published_prps(blobs(pair, 1.8, 1.0) + clutter(2) * 0.01, pair)
    assert 0.45 < averaged[15, 15] < 0.6
    assert prps(image, pair)[15, 15] > 0.9


def test_published_flat_crops_give_nan_and_ours_do_not() -> None:
    flat, label = np.full(SHAPE, 0.4, np.float32), np.array([[60.0, 60.0]])
    assert np.isnan(published_prps(flat, label)[15, 15])
    assert np.isfinite(prps(flat, label)).all()


def test_published_zero_means_no_target_and_ours_means_a_corner() -> None:
    image, label = blobs((0, 0), 1.8, 1.0), np.array([[0.0, 0.0]])
    assert not published_prps(image, label).any()
    assert decode(prps(image, label), 0.1).xy == pytest.approx(label, abs=0.05)
