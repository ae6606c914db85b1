"""Automatic gain control of the camera artefacts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.errors import SettingsError
from irpoint.simulate import Artefacts, SceneSettings, add_artefacts, scene_rng, simulate_scene

KINDS = ("linear", "percentile", "histogram", "plateau", "local")
GLOBAL = KINDS[:-1]


def controlled(frame: np.ndarray, **values: Any) -> np.ndarray:
    result, mask = add_artefacts(frame, Artefacts.checked(**values), np.random.default_rng(0))
    assert not mask.any()
    return result


def sky(shape: tuple[int, int] = (96, 128), seed: int = 0) -> np.ndarray:
    """A 14-bit gradient of 700 counts with noise."""
    rng = np.random.default_rng(seed)
    return (7000 + 700 * np.linspace(0, 1, shape[1]) + 8 * rng.standard_normal(shape)).astype("u2")


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    height=st.integers(16, 70),
    width=st.integers(16, 70),
    dtype=st.sampled_from(("uint8", "int16", "uint16", "int32", "float32", "float64")),
    detail=st.sampled_from((0.0, 2.0)),
    seed=st.integers(0, 99),
)
def test_any_frame_becomes_8_bit(
    kind: str, height: int, width: int, dtype: str, detail: float, seed: int
) -> None:
    frame = (sky((height, width), seed) // 64).astype(dtype)
    result = controlled(frame, agc=kind, agc_detail=detail)
    assert (result.shape, result.dtype) == (frame.shape, np.uint8)
    np.testing.assert_array_equal(result, controlled(frame, agc=kind, agc_detail=detail))


@pytest.mark.parametrize("kind", GLOBAL)
def test_a_global_curve_keeps_the_order_of_counts(kind: str) -> None:
    frame = sky()
    result = controlled(frame, agc=kind)
    order = np.argsort(frame, axis=None, kind="stable")
    assert (np.diff(result.ravel()[order].astype(int)) >= 0).all()
    assert result.min() < 8
    assert result.max() > 247


def test_linear_maps_minimum_and_maximum_to_the_ends() -> None:
    frame = sky()
    low, high = int(frame.min()), int(frame.max())
    expected = np.rint((frame - float(low)) * 255 / (high - low))
    np.testing.assert_allclose(controlled(frame, agc="linear"), expected, atol=1)
    # One hot pixel takes all the contrast, as it does in such cameras.
    frame[3, 3] = 16383
    assert np.ptp(controlled(frame, agc="linear")[10:]) < 25


def test_percentile_ignores_hot_pixels_and_clips_the_tails() -> None:
    frame = sky()
    frame[3, 3] = 16383
    result = controlled(frame, agc="percentile", agc_tail=0.05)
    assert 0.04 < (result == 0).mean() < 0.06
    assert 0.04 < (result == 255).mean() < 0.06


def test_histogram_equalisation_uses_all_grey_levels_equally() -> None:
    frame = (sky().astype(float) ** 3 / 7e7).astype(np.uint16)
    quarter = np.bincount(controlled(frame, agc="histogram").ravel() // 64, minlength=4)
    np.testing.assert_allclose(quarter / frame.size, 0.25, atol=0.02)


def test_a_plateau_gives_a_small_area_more_contrast_than_equalisation() -> None:
    frame = np.random.default_rng(1).integers(7000, 7040, (100, 100)).astype(np.uint16)
    frame[:10, :10] = np.random.default_rng(2).integers(9000, 9040, (10, 10))
    spans = {
        kind: np.ptp(controlled(frame, agc=kind, agc_plateau=0.0003)[:10, :10])
        for kind in ("histogram", "plateau")
    }
    assert spans["plateau"] > 5 * spans["histogram"]


@pytest.mark.parametrize("kind", GLOBAL)
def test_the_gain_is_limited_so_that_noise_stays_dim(kind: str) -> None:
    frame = (7000 + np.random.default_rng(0).integers(0, 8, (64, 64))).astype(np.uint16)
    result = controlled(frame, agc=kind, agc_gain=4.0)
    assert np.ptp(result) <= 7 * 4 + 1
    assert abs(int(np.median(result)) - 127) < 10


def test_local_control_shows_contrast_where_a_global_curve_does_not() -> None:
    frame = np.full((128, 128), 1000, np.uint16)
    frame[:, 64:] = 8000
    frame += np.random.default_rng(0).integers(0, 100, frame.shape).astype(np.uint16)
    local, linear = (controlled(frame, agc=kind)[:, :48] for kind in ("local", "linear"))
    assert local.std() > 3 * linear.std()


def test_detail_enhancement_raises_fine_contrast_and_limits_bad_pixels() -> None:
    frame = sky()
    plain, sharp = (controlled(frame, agc="percentile", agc_detail=d) for d in (0, 3))
    fine = [np.diff(result.astype(int), axis=0).std() for result in (plain, sharp)]
    assert fine[1] > 2 * fine[0]
    frame[40, 40] = 16383
    bad = controlled(frame, agc="percentile", agc_detail=3)
    np.testing.assert_allclose(bad[60:].astype(int), sharp[60:].astype(int), atol=8)


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_that_are_not_finite_become_black(kind: str) -> None:
    frame = sky().astype(np.float32)
    frame[5:9, 5:9] = np.nan
    frame[0, 0] = np.inf
    result = controlled(frame, agc=kind)
    assert not result[5:9, 5:9].any()
    assert result[0, 0] == 0
    assert np.ptp(result) > 200
    assert not controlled(np.full((20, 20), np.nan, np.float32), agc=kind).any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_flat_frame_is_a_flat_grey(kind: str) -> None:
    result = controlled(np.full((40, 40), 7000, np.uint16), agc=kind)
    assert np.ptp(result) <= 1
    assert abs(int(result[0, 0]) - 127) <= 1


def test_it_replaces_the_gain_control_of_8_bit_scenes() -> None:
    def frame(bits: int, **values: Any) -> np.ndarray:
        chosen = SceneSettings(
            width=96, height=64, bits=bits, scene="clouds", artefacts=Artefacts(**values)
        )
        return simulate_scene(chosen, scene_rng(1, 0)).frame

    counts = frame(14)
    expected, _ = add_artefacts(counts, Artefacts(agc="plateau"), np.random.default_rng(0))
    np.testing.assert_array_equal(frame(8, agc="plateau"), expected)
    np.testing.assert_array_equal(frame(14, agc="plateau"), expected)
    assert (frame(8) != expected).mean() > 0.5


def test_black_hot_and_text_follow_the_gain_control() -> None:
    frame = sky()
    white = controlled(frame, agc="plateau")
    np.testing.assert_array_equal(controlled(frame, agc="plateau", black_hot=True), 255 - white)
    text, mask = add_artefacts(frame, Artefacts(agc="plateau", text=4), np.random.default_rng(0))
    assert text[mask].max() == 255
    np.testing.assert_array_equal(text[~mask], white[~mask])


def test_grey_levels_are_no_temperatures() -> None:
    with pytest.raises(SettingsError, match="agc and kelvin_per_count"):
        Artefacts.checked(agc="linear", kelvin_per_count=0.04)
