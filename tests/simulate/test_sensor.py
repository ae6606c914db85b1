"""The camera: noise, fixed pattern, bad pixels, digitisation, gain control."""

from __future__ import annotations

import math

import numpy as np
import pytest

from irpoint.simulate import SceneSettings, draw_fixed_pattern, simulate_scene
from irpoint.simulate.sensor import digitise, expose, gain_control


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def flat(**values: object) -> SceneSettings:
    quiet = {"column_noise": 0, "pixel_noise": 0, "clutter_to_noise": 0, "bits": 16}
    return SceneSettings(**{"width": 300, "height": 300, "scene": "clutter"} | quiet | values)


@pytest.mark.parametrize(("read_noise", "well"), [(0.0, 2e5), (300.0, 2e5), (600.0, 7e6)])
def test_temporal_noise_combines_shot_noise_and_read_noise(read_noise: float, well: float) -> None:
    chosen = flat(read_noise=read_noise, well_electrons=well)
    level = np.full(chosen.shape, 0.45 * well)
    charge = expose(level, chosen, draw_fixed_pattern(chosen, rng(1)), rng(2))
    # The relative deviation of a variance of 90 000 values is 0.5 %.
    assert charge.var() == pytest.approx(0.45 * well + read_noise**2, rel=0.02)
    assert charge.mean() == pytest.approx(0.45 * well, abs=4 * chosen.noise_electrons / 300)
    assert chosen.noise_electrons**2 == pytest.approx(0.45 * well + read_noise**2)


def test_shot_noise_is_poisson() -> None:
    chosen = flat(read_noise=0, well_electrons=1e4)
    charge = expose(np.full(chosen.shape, 4.0), chosen, draw_fixed_pattern(chosen, rng()), rng(1))
    assert set(np.unique(charge % 1)) == {0.0}
    assert np.mean(charge == 0) == pytest.approx(math.exp(-4), abs=0.002)


def test_the_fixed_pattern_has_the_given_column_and_pixel_noise() -> None:
    chosen = flat(column_noise=0.5, pixel_noise=2.0, width=4000, height=200)
    offset = draw_fixed_pattern(chosen, rng(7)).offset / chosen.noise_electrons
    columns = offset.mean(axis=0)
    assert columns.var() == pytest.approx(0.25 + 4.0 / 200, rel=0.1)
    assert (offset - columns).var() == pytest.approx(4.0 * 199 / 200, rel=0.02)


def test_the_given_fraction_of_pixels_is_bad() -> None:
    chosen = flat(bad_pixels=0.01)
    pattern = draw_fixed_pattern(chosen, rng(3))
    assert pattern.hot.sum() == pattern.dead.sum() == 450
    assert not (pattern.hot & pattern.dead).any()
    level = np.full(chosen.shape, 0.45 * 7e6)
    first, second = (expose(level, chosen, pattern, rng(k)) for k in (1, 2))
    assert (first[pattern.dead] == 0).all()
    np.testing.assert_array_equal(first[pattern.hot], second[pattern.hot])
    assert (first[pattern.hot] >= 0.45 * 7e6).all()
    good = ~(pattern.hot | pattern.dead)
    assert (first[good] != second[good]).mean() > 0.99


@pytest.mark.parametrize("bits", [12, 14, 16])
def test_digitisation_is_linear_and_uses_all_bits(bits: int) -> None:
    chosen = flat(bits=bits)
    charge = np.linspace(0, 7e6, 5000).reshape(50, 100)
    counts = digitise(charge, chosen)
    assert counts.dtype == np.uint16
    assert (counts.min(), counts.max()) == (0, 2**bits - 1)
    assert np.abs(counts - charge / chosen.electrons_per_count).max() <= 0.5


def test_a_14_bit_frame_of_low_contrast_uses_every_count() -> None:
    frame = simulate_scene(SceneSettings(bits=14, scene="clouds"), rng(1)).frame
    low, high = np.percentile(frame, (0.1, 99.9))
    assert 100 < high - low < 1000
    values = np.unique(frame)
    assert len(values) > 0.8 * (high - low)
    assert np.gcd.reduce(np.diff(values.astype(int))) == 1


def test_gain_control_is_robust_to_outliers() -> None:
    counts = rng(1).normal(7000, 60, (200, 200))
    with_outliers = counts.copy()
    with_outliers[:2, :40] = 16383
    ordinary, robust = (gain_control(c, 1.0).astype(int) for c in (counts, with_outliers))
    assert np.percentile(ordinary, 99.5) - np.percentile(ordinary, 0.5) == pytest.approx(199, abs=3)
    assert np.abs(ordinary - robust)[3:].max() <= 12
    assert (robust[:2, :40] == 255).all()


def test_gain_control_does_not_amplify_the_noise_of_an_empty_scene() -> None:
    counts = rng(1).normal(7000, 1, (200, 200))
    assert gain_control(counts, 24.0).std() == pytest.approx(255 * 0.78 / 24, rel=0.05)
