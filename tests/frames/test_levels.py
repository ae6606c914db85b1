"""Counts → network input, for any depth, range and defects of the camera."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.errors import FrameError
from irpoint.frames.levels import clip_to_levels, levels, normalise
from irpoint.simulate import power_law_field

Floats = npt.NDArray[np.float64]
SHAPE = (240, 320)


def scene(seed: int = 0, shape: tuple[int, int] = SHAPE) -> Floats:
    """A cloudy sky with two targets, about 0.2..0.8 with targets up to 1."""
    sky = 0.5 + 0.1 * power_law_field(shape, 2.0, np.random.default_rng(seed)).astype(float)
    rows, columns = np.indices(shape)
    for x, y in ((80, 60), (200, 150)):
        sky += 0.4 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 1.5**2))
    return np.clip(sky, 0, 1)


def network_input(frame: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    return normalise(frame, *levels(frame))


def difference(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Largest difference; NaN if either has a NaN."""
    return float(np.abs(one - other).max())


def test_levels_are_the_1st_and_99th_percentile() -> None:
    low, high = levels(scene())
    assert type(low) is type(high) is float
    assert (scene() < low).mean() == pytest.approx(0.01, abs=0.001)
    assert (scene() > high).mean() == pytest.approx(0.01, abs=0.001)


def test_input_is_linear_in_the_levels_and_clipped() -> None:
    frame = np.array([[100, 150, 200, 100 - 99, 350, 100 - 150, 100 + 600]], np.int16)
    assert normalise(frame, 100.0, 200.0).tolist() == [
        pytest.approx([0, 0.5, 1, -0.99, 2.5, -1, 5], abs=1e-6)
    ]
    assert normalise(frame, 100.0, 200.0).dtype == np.float32


@pytest.mark.parametrize("rail", [0, 16383])
def test_half_a_percent_of_bad_pixels_hardly_moves_the_levels(rail: int) -> None:
    frame = np.round(7000 + 400 * scene()).astype(np.uint16)
    bad = np.random.default_rng(1).random(SHAPE) < 0.005
    faulty = np.where(bad, np.uint16(rail), frame)
    low, high = levels(frame)
    assert levels(faulty) == pytest.approx((low, high), abs=0.1 * (high - low))
    assert difference(network_input(faulty)[~bad], network_input(frame)[~bad]) < 0.15


def test_a_scene_of_sixty_counts_fills_0_to_1() -> None:
    frame = np.round(8120 + 60 * scene()).astype(np.uint16)
    image = network_input(frame)
    assert np.percentile(image, (1, 99)) == pytest.approx((0, 1), abs=0.03)
    assert 0.15 < image.std() < 0.4


def camera(bits: int, sky: Floats) -> tuple[npt.NDArray[np.unsignedinteger], float]:
    """Frame of a camera of a depth, and its quantisation step relative to the scene."""
    top = 2**bits - 1
    return np.round(sky * top).astype(np.uint8 if bits == 8 else np.uint16), 1 / top


@given(seed=st.integers(0, 1000), bits=st.sampled_from([8, 12, 14, 16]))
@settings(max_examples=15, deadline=None)
def test_a_scene_gives_the_same_input_at_every_depth(seed: int, bits: int) -> None:
    sky = scene(seed, (96, 128))
    span = levels(sky)[1] - levels(sky)[0]
    frame, step = camera(bits, sky)
    # Half a step in the pixel and in each level, magnified at most by the input range.
    allowed = 0.5 * step / span * 12 + 1e-4
    assert difference(network_input(frame), network_input(sky)) < allowed


@given(
    exponent=st.floats(-6, 6),
    offset=st.floats(-20, 20),
    kind=st.sampled_from([np.float32, np.float64]),
)
@settings(max_examples=30, deadline=None)
def test_gain_and_offset_of_a_float_frame_have_no_effect(
    exponent: float, offset: float, kind: type
) -> None:
    sky = scene(3, (96, 128))
    gain = 10.0**exponent
    frame = (gain * (sky + offset)).astype(kind)
    assert difference(network_input(frame), network_input(sky)) < 2e-4


def test_signed_integers_may_be_negative() -> None:
    frame = np.round(2000 * scene() - 1000).astype(np.int16)
    assert frame.min() < 0 < frame.max()
    assert difference(network_input(frame), network_input(scene())) < 0.01


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_pixels_that_are_not_finite_are_ignored(kind: type) -> None:
    frame = scene().astype(kind)
    bad = np.random.default_rng(2).random(SHAPE) < 0.3
    faulty = frame.copy()
    faulty[bad] = np.random.default_rng(3).choice([np.nan, np.inf, -np.inf], bad.sum())
    low, high = levels(frame)
    assert levels(faulty) == pytest.approx((low, high), abs=0.05 * (high - low))
    image = normalise(faulty, low, high)
    assert np.array_equal(image[~bad], normalise(frame, low, high)[~bad])
    assert (image[np.isnan(faulty)] == 0).all()
    assert (image[faulty == np.inf] == 5).all()
    assert (image[faulty == -np.inf] == -1).all()


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_clipped_counts_are_what_normalisation_keeps(kind: type) -> None:
    frame = np.round(7000 + 400 * scene()).astype(kind)
    frame[3, 4], frame[5, 6] = 60_000, 0
    if kind is np.float32:
        frame[7, 8], frame[9, 10], frame[11, 12] = np.nan, np.inf, -np.inf
    low, high = levels(frame)
    clipped = clip_to_levels(frame, low, high)
    assert clipped.dtype == np.float32
    assert clipped.max() == pytest.approx(low + 5 * (high - low))
    assert clipped.min() == pytest.approx(low - (high - low))
    assert difference(normalise(clipped, low, high), normalise(frame, low, high)) < 1e-4


@pytest.mark.parametrize("row", [0, 1, 2, 3])
def test_levels_of_an_interlaced_frame(row: int) -> None:
    """The grid of sampled pixels may miss all finite ones."""
    frame = np.full((1024, 1024), np.nan, np.float32)
    frame[row::4] = scene(0, (256, 1024))
    low, high = levels(frame)
    assert (low, high) == pytest.approx(levels(scene(0, (256, 1024))), rel=0.05)


def test_a_frame_without_a_finite_pixel_is_an_error() -> None:
    for value in (np.nan, np.inf):
        with pytest.raises(FrameError, match="no finite pixel"):
            levels(np.full((20, 30), value))


KINDS = [np.uint8, np.uint16, np.uint32, np.int16, np.int32, np.int64, np.float32, np.float64]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [0, 1, 100, "top"])
def test_a_constant_frame_gives_a_constant_input_in_range(
    kind: type[np.number], value: int | str
) -> None:
    top = 1e30 if np.dtype(kind).kind == "f" else np.iinfo(kind).max
    frame = np.full((40, 50), top if value == "top" else value, kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        low, high = levels(frame)
        assert low < high
        image = normalise(frame, low, high)
    assert np.ptp(image) == 0
    assert 0 <= image[0, 0] <= 1


@pytest.mark.parametrize(("kind", "value"), [(np.float32, 3.4e38), (np.float64, 1e300)])
def test_huge_no_data_values_are_clipped_without_a_warning(kind: type, value: float) -> None:
    frame = scene().astype(kind)
    frame[3, 4], frame[5, 6] = value, -value
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = network_input(frame)
    assert (image[3, 4], image[5, 6]) == (5, -1)
    kept = np.abs(frame) < 2
    assert difference(image[kept], network_input(scene())[kept]) < 1e-3


def test_noise_of_one_count_does_not_fill_the_range() -> None:
    frame = np.random.default_rng(4).integers(100, 102, SHAPE).astype(np.uint8)
    assert np.ptp(network_input(frame)) < 0.1


def test_a_single_pixel_is_a_frame() -> None:
    assert network_input(np.array([[7]], np.uint8)).shape == (1, 1)


@pytest.mark.parametrize(
    ("kind", "peak", "top"),
    [
        (np.uint8, 9, 255), (np.uint16, 9, 65535), (np.int16, 9, 32767), (np.float32, 0.9, 1),
        (np.float32, 1.0, 1), (np.float64, 200.0, 255), (np.float32, 9000.0, 65535),
    ],
)  # fmt: skip
def test_full_range_is_the_range_of_the_type(kind: type, peak: float, top: float) -> None:
    frame = np.zeros((4, 5), kind)
    frame[2, 2] = peak
    assert levels(frame, "full-range") == (0.0, top)
    assert normalise(frame, 0.0, top)[2, 2] == pytest.approx(peak / top)


@pytest.mark.parametrize("shape", [(1080, 1920), (2160, 3840), (1, 200_000), (90_001, 3)])
def test_levels_of_a_big_frame_are_those_of_all_its_pixels(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(5).integers(7900, 8100, shape, np.uint16)
    frame = noise + np.linspace(0, 200, shape[1]).astype(np.uint16)
    low, high = np.percentile(frame, (1, 99))
    assert levels(frame) == pytest.approx((low, high), abs=0.02 * (high - low))


def test_the_frame_is_not_modified() -> None:
    frame = scene()
    frame[0, 0] = np.nan
    copy = frame.copy()
    network_input(frame)
    assert np.array_equal(frame, copy, equal_nan=True)
