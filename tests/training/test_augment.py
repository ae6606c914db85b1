"""Augmentation of a crop: labels move with the pixels, pasted targets bring their own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from irpoint.frames.scale import InputScale, fit
from irpoint.training.augment import (
    PATCH,
    copy_window,
    cut,
    extract_target,
    jitter,
    paste,
    sample_bilinear,
    simulated,
)
from irpoint.training.settings import AugmentSettings
from support.blobs import blob, centroid, inside

Floats = npt.NDArray[np.float64]
SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=25, deadline=None)
NONE = np.empty((0, 2))
SMALL, LARGE = (64, 64), (96, 96)  # crops
PLAIN = AugmentSettings(warp_share=0)
WARPED = AugmentSettings(warp_share=1, scale=1.5, rotation=45)


# --- cut


@pytest.mark.parametrize("augment", [PLAIN, AugmentSettings(), WARPED])
@pytest.mark.parametrize("shape", [(160, 200), (96, 96), (70, 300), (40, 50)])
@given(seed=SEEDS)
@few
def test_a_target_moves_with_its_pixels(
    shape: tuple[int, int], augment: AugmentSettings, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(12, np.array(shape[::-1]) - 13)
    crop, labels = cut(blob(shape, xy), xy[None], xy + rng.uniform(-40, 40, 2), LARGE, augment, rng)
    assert crop.shape == (96, 96)
    assert crop.dtype == np.float32
    if len(labels) and inside(labels[0], 96, 14):
        assert centroid(crop) == pytest.approx(labels[0], abs=0.15)
        assert crop.max() > 0.5  # the blob is there, not a shred of it
    elif not len(labels) or not inside(labels[0], 96, -24):
        assert crop.sum() < 0.01


def test_targets_are_in_most_crops_that_are_placed_on_them() -> None:
    """The test above would pass if every label were dropped."""
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(100):
        xy = rng.uniform(12, (187, 147))
        labels = cut(
            blob((160, 200), xy), xy[None], xy + rng.uniform(-30, 30, 2), LARGE, WARPED, rng
        )[1]
        seen += len(labels) == 1 and inside(labels[0], 96, 0)
    assert seen > 80


@given(seed=SEEDS)
@few
def test_a_plain_crop_is_a_window_turned_and_no_pixel_is_interpolated(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.permutation(150 * 180).reshape(150, 180).astype(np.float32)  # all values differ
    xy = rng.integers(0, (180, 150), (30, 2)).astype(float)
    crop, _ = cut(
        image, NONE, rng.uniform(0, (179, 149)), SMALL, PLAIN, np.random.default_rng(seed)
    )
    assert np.unique(crop).size == 64 * 64
    centre = rng.uniform(0, (179, 149))
    crop, labels = cut(image, xy, centre, SMALL, PLAIN, np.random.default_rng(seed))
    for label in labels[((labels >= 0) & (labels <= 63)).all(axis=1)]:
        assert label == pytest.approx(np.round(label), abs=1e-6)
        column, row = np.round(label).astype(int)
        values = image[xy[:, 1].astype(int), xy[:, 0].astype(int)]
        assert crop[row, column] in values


def test_all_eight_turns_and_mirrors_occur() -> None:
    image = np.arange(64.0 * 64).reshape(64, 64)
    crops = {
        cut(image, NONE, np.array([31.5, 31.5]), SMALL, PLAIN, np.random.default_rng(seed))[
            0
        ].tobytes()
        for seed in range(200)
    }
    upright = image.astype(np.float32)
    assert crops == {
        np.ascontiguousarray(np.rot90(start, k)).tobytes()
        for start in (upright, upright[:, ::-1])
        for k in range(4)
    }


@given(seed=SEEDS)
@few
def test_labels_out_of_reach_are_dropped_and_near_ones_kept(seed: int) -> None:
    rng = np.random.default_rng(seed)
    everywhere = np.stack(np.meshgrid(np.arange(0, 200, 8.0), np.arange(0, 160, 8.0)), -1)
    xy = everywhere.reshape(-1, 2)
    centre = rng.uniform(0, (199, 159))
    kept = cut(np.zeros((160, 200)), xy, centre, SMALL, WARPED, rng)[1]
    assert ((kept > -24) & (kept < 64 + 23)).all()
    area = (64**2 / 1.5**2, 64**2 * 1.5**2)  # of the crop in the frame, by the scale
    within = ((kept >= 0) & (kept <= 63)).all(axis=1).sum()
    assert 0.7 * area[0] / 64 < within < 1.3 * area[1] / 64


def test_scale_and_rotation_stay_in_their_limits() -> None:
    corners = np.array([[100.0, 80.0], [110.0, 80.0], [100.0, 90.0]])
    augment = AugmentSettings(warp_share=1, scale=1.3, rotation=15)
    zooms, angles, hands = [], [], []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        moved = cut(np.zeros((160, 200)), corners, corners[0], SMALL, augment, rng)[1]
        along, down = moved[1] - moved[0], moved[2] - moved[0]
        assert along @ down == pytest.approx(0, abs=1e-9)  # no shear
        assert np.hypot(*along) == pytest.approx(np.hypot(*down))
        zooms.append(np.hypot(*along) / 10)
        angles.append((np.rad2deg(np.arctan2(along[1], along[0])) + 45) % 90 - 45)
        hands.append(along[0] * down[1] - along[1] * down[0] > 0)
    assert 1 / 1.3 - 1e-9 <= min(zooms) < 0.85
    assert 1.2 < max(zooms) <= 1.3 + 1e-9
    assert -15 - 1e-9 <= min(angles) < -12
    assert 12 < max(angles) <= 15 + 1e-9
    assert 0.4 < np.mean(hands) < 0.6


@given(seed=SEEDS, shape=st.sampled_from([(30, 40), (200, 40), (90, 300)]))
@few
def test_a_plain_crop_is_what_interpolation_would_give(seed: int, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    image = rng.random(shape)
    turn = np.linalg.matrix_power(np.array([[0.0, -1.0], [1.0, 0.0]]), int(rng.integers(4)))
    turn = turn @ np.diag([rng.choice((-1.0, 1.0)), 1.0])
    rows, columns = LARGE if rng.random() < 0.5 else (64, 96)
    middle = np.array([columns - 1, rows - 1]) / 2
    corner = np.round(rng.uniform(0, shape[::-1]) - turn @ middle)
    plain = copy_window(image, turn, corner, (rows, columns))
    assert np.array_equal(plain, sample_bilinear(image, turn, corner, (rows, columns)))


def test_a_frame_smaller_than_the_crop_repeats_its_edges() -> None:
    image = np.full((30, 40), 0.7, np.float32)
    for seed in range(20):
        crop, _ = cut(image, NONE, np.array([5.0, 5.0]), LARGE, WARPED, np.random.default_rng(seed))
        assert crop == pytest.approx(0.7, abs=1e-5)


# --- extract and paste


@given(x=st.floats(50, 60), y=st.floats(40, 50), sigma=st.floats(0.8, 3.0), dark=st.booleans())
@few
def test_an_extracted_target_is_what_it_adds_to_the_background(
    x: float, y: float, sigma: float, dark: bool
) -> None:
    target = blob((90, 110), (x, y), sigma, -1.0 if dark else 1.0)
    extracted = extract_target(0.3 + target, np.array([x, y]))
    assert extracted is not None
    patch, at = extracted
    assert patch.shape == (2 * PATCH + 1, 2 * PATCH + 1)
    assert centroid(patch) == pytest.approx(at, abs=0.1)
    assert 0.6 < patch.sum() / target.sum() < 1.01  # the faint wings go with the sky
    assert np.abs(patch).max() == pytest.approx(np.abs(target).max(), rel=0.01)
    rim = np.ones(patch.shape, bool)
    rim[1:-1, 1:-1] = False
    assert not patch[rim].any()


def test_targets_at_the_border_and_faint_ones_are_not_extracted() -> None:
    sky = np.random.default_rng(0).normal(0.5, 0.2, (90, 110)).astype(np.float32)
    assert extract_target(np.full((90, 110), 0.5, np.float32), np.array([50.0, 40.0])) is None
    assert (
        extract_target(sky + blob((90, 110), (50, 40), 2.0, 0.01), np.array([50.0, 40.0])) is None
    )
    for x, y in ((PATCH - 1, 40), (50, PATCH - 1), (110 - PATCH, 40), (50, 90 - PATCH)):
        assert extract_target(blob((90, 110), (x, y)), np.array([x, y], float)) is None
    assert extract_target(blob((90, 110), (PATCH, PATCH)), np.full(2, float(PATCH))) is not None


@pytest.mark.parametrize("real", [True, False])
@given(seed=SEEDS)
@few
def test_a_pasted_target_is_where_its_label_says(real: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    at = rng.uniform(40, 50, 2)
    stamp = (
        extract_target(blob((90, 90), at, rng.uniform(0.8, 2.5)), at) if real else simulated(rng)
    )
    assert stamp is not None
    spot = rng.uniform(4, 91, 2)
    crop = np.zeros((96, 96), np.float32)
    labels = paste(crop, NONE, stamp, spot, rng)
    assert labels.shape == (1, 2)
    assert np.abs(labels[0] - spot).max() < 1.01  # rounded, and off the pixel by as much as it was
    assert crop.max() > 0.1
    if inside(labels[0], 96, 20):
        assert centroid(crop) == pytest.approx(labels[0], abs=0.15)
    else:  # part of it may be cut off
        row, column = np.unravel_index(crop.argmax(), crop.shape)
        assert np.abs(labels[0] - (column, row)).max() < 1.01


@pytest.mark.parametrize("spot", [(4, 50), (91, 50), (50, 4), (50, 91), (4, 4), (91, 91)])
def test_at_the_border_a_pasted_target_is_cut_off_and_not_moved(spot: tuple[int, int]) -> None:
    stamp = (
        blob((2 * PATCH + 1,) * 2, (PATCH, PATCH)),
        np.full(2, float(PATCH)),
    )  # all mirrors alike
    crop = np.zeros((96, 96), np.float32)
    paste(crop, NONE, stamp, np.array(spot, float), np.random.default_rng(0))
    whole = blob((96, 96), spot)
    assert crop == pytest.approx(whole * (crop.max() / whole.max()), abs=1e-5)


def test_simulated_targets_differ_in_width_and_brightness() -> None:
    stamps = [simulated(np.random.default_rng(seed))[0] for seed in range(200)]
    peaks = np.array([stamp.max() for stamp in stamps])
    widths = np.array([np.sqrt(stamp.sum() / stamp.max()) for stamp in stamps])
    assert peaks.min() < 0.3
    assert peaks.max() > 2
    assert widths.min() < 1.7
    assert widths.max() > 6


def test_nothing_is_pasted_beside_another_target() -> None:
    at = np.array([45.2, 44.9])
    stamp = extract_target(blob((90, 90), at), at)
    assert stamp is not None
    there = np.array([[30.0, 30.0], [60.0, 64.0]])
    refused = 0
    for seed in range(100):
        crop = np.zeros((96, 96), np.float32)
        rng = np.random.default_rng(seed)
        labels = paste(crop, there, stamp, rng.uniform(4, 91, 2), rng)
        assert np.array_equal(labels[:2], there)
        if len(labels) == 2:
            refused += 1
            assert not crop.any()
        else:
            assert np.hypot(*(there - labels[2]).T).min() >= 12
    assert 3 < refused < 50


def test_a_neighbour_is_not_extracted_too() -> None:
    near, apart = np.array([50.0, 40.0]), np.array([61.0, 40.0])
    alone = extract_target(blob((90, 110), near, 1.5), near)
    both = extract_target(blob((90, 110), near, 1.5) + blob((90, 110), apart, 1.5), near)
    assert alone is not None
    assert both is not None
    np.testing.assert_allclose(both[0], alone[0], atol=0.02)


# --- jitter


@given(seed=SEEDS, gain=st.floats(1, 10), noise=st.floats(0, 1), bad=st.sampled_from([0.0, 1.0]))
@few
def test_jitter_keeps_shape_and_range(seed: int, gain: float, noise: float, bad: float) -> None:
    rng = np.random.default_rng(seed)
    crop = rng.uniform(-1, 5, (64, 64)).astype(np.float32)
    augment = AugmentSettings(gain=gain, noise=noise, bad_pixels=bad)
    varied = jitter(crop, augment, rng)
    assert varied.shape == crop.shape
    assert varied.dtype == np.float32
    assert np.isfinite(varied).all()
    assert -1 <= varied.min() <= varied.max() <= 5


def test_each_part_of_jitter_does_its_own_change_only() -> None:
    off = {"gain": 1.0, "offset": 0.0, "noise": 0.0, "bad_pixels": 0.0}
    crop = np.random.default_rng(0).uniform(0, 1, (64, 64)).astype(np.float32)

    def varied(seed: int, **on: float) -> npt.NDArray[np.float32]:
        return jitter(crop.copy(), AugmentSettings(**(off | on)), np.random.default_rng(seed))

    assert np.array_equal(varied(1), crop)
    assert np.ptp(varied(1, offset=0.3) - crop) < 1e-6
    assert np.ptp(varied(1, gain=3.0) / crop) < 1e-4
    changed = [(varied(seed, bad_pixels=1.0) != crop).sum() for seed in range(30)]
    assert 1 <= min(changed) <= max(changed) <= 5
    assert {np.sign((varied(seed, bad_pixels=1.0) - crop).sum()) for seed in range(30)} == {-1, 1}
    spread = [(varied(seed, noise=0.1) - crop).std() for seed in range(30)]
    assert 0.02 < max(spread) < 0.4


@pytest.mark.parametrize("enlargement", [0.5, 1.0, 1.75, 2.0, 3.0])
def test_a_bad_pixel_is_as_wide_as_one_of_the_camera(enlargement: float) -> None:
    """As the resize shows a single pixel, were the crop an enlarged frame of 40 × 40."""
    only = AugmentSettings(gain=1, offset=0, noise=0, bad_pixels=1)
    width = max(enlargement, 1.0)
    side = round(40 * width)
    compared = 0
    for seed in range(60):
        grey = np.full((side, side), 0.5, np.float32)
        change = jitter(grey, only, np.random.default_rng(seed), enlargement) - 0.5
        if ndimage.label(change)[1] != 1:
            continue  # several
        compared += 1
        column, row = np.round((centroid(change) + 0.5) / width - 0.5).astype(int)
        frame = np.zeros((40, 40), np.float32)
        frame[row, column] = 1
        resized = fit(frame, InputScale(side))[0]
        shown = float(np.median(change[resized > 0.3] / resized[resized > 0.3]))
        inner = (slice(4, -4),) * 2  # the resize repeats the frame's edge
        np.testing.assert_allclose(change[inner], shown * resized[inner], atol=0.03 * abs(shown))
    assert compared > 5


def test_one_pixel_of_a_tiny_frame_may_be_larger_than_the_crop() -> None:
    only = AugmentSettings(gain=1, offset=0, noise=0, bad_pixels=1)
    grey = np.full((32, 48), 0.5, np.float32)
    for seed in range(20):
        spoilt = jitter(grey, only, np.random.default_rng(seed), 100.0)
        assert np.isfinite(spoilt).all()
        assert (spoilt != grey).all()


# --- shrinking without aliases


def test_no_target_falls_between_the_samples_of_a_shrunk_crop() -> None:
    """A target of one pixel keeps its light, wherever it lies between the samples."""
    turn = 2.3 * np.eye(2)
    light = {True: [], False: []}
    for column in range(60, 68):
        image = np.zeros((120, 160), np.float32)
        image[50, column] = 1
        for antialias, sums in light.items():
            crop = sample_bilinear(image, turn, np.zeros(2), (52, 69), antialias=antialias)
            sums.append(float(crop.sum()) * 2.3**2)
    assert light[True] == pytest.approx([1.0] * 8, rel=0.15)
    assert min(light[False]) < 0.1


@pytest.mark.parametrize("frame", [(100, 100), (100, 300), (200, 100)])
def test_shrunk_crops_lie_inside_the_frame(frame: tuple[int, int]) -> None:
    """Otherwise most of a crop of a whole frame would repeat its edge."""
    image = np.random.default_rng(0).normal(size=frame).astype(np.float32)
    augment = AugmentSettings(warp_share=1, scale=3, rotation=0, antialias=True)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        crop, _ = cut(image, NONE, np.array([50.0, 50.0]), (96, 96), augment, rng)
        inner = crop[2:-2, 2:-2]
        assert (np.abs(np.diff(inner, axis=0)).max(axis=1) > 1e-3).all()
        assert (np.abs(np.diff(inner, axis=1)).max(axis=0) > 1e-3).all()
