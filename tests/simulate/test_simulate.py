"""Simulated scenes hold to the physics that their settings state."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.errors import SettingsError
from irpoint.psf import gaussian_psf_image
from irpoint.simulate import (
    SceneSettings,
    draw_fixed_pattern,
    power_law_field,
    simulate_scene,
)
from irpoint.simulate.background import background_electrons
from irpoint.simulate.sensor import digitise, expose, gain_control
from irpoint.simulate.targets import draw_targets, target_electrons

SMALL = {"width": 64, "height": 48}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def centroid(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    return (image * columns).sum() / image.sum(), (image * rows).sum() / image.sum()


# --- background


@pytest.mark.parametrize("beta", [0.0, 2.0, 3.0, 3.7])
def test_power_spectrum_falls_with_beta(beta: float) -> None:
    field = power_law_field((256, 320), beta, rng(3)).astype(np.float64)
    power = np.abs(np.fft.fft2(field)) ** 2
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(320)[None, :])
    band = (frequency > 0.02) & (frequency < 0.45)
    # log of an exponentially distributed power has a constant bias, so the slope is unbiased.
    slope = np.polyfit(np.log(frequency[band]), np.log(power[band]), 1)[0]
    assert slope == pytest.approx(-beta, abs=0.05)


def test_power_law_field_is_isotropic_unless_stretched() -> None:
    def roughness(field: np.ndarray) -> float:
        return float(np.var(np.diff(field, axis=1)) / np.var(np.diff(field, axis=0)))

    even = np.mean([roughness(power_law_field((128, 128), 2.5, rng(k))) for k in range(20)])
    assert even == pytest.approx(1.0, abs=0.1)
    assert roughness(power_law_field((128, 128), 2.5, rng(1), stretch=4.0)) < 0.5


@pytest.mark.parametrize("scene", ["clear", "clouds", "sea", "land", "clutter"])
@pytest.mark.parametrize("shape", [(48, 64), (97, 61), (16, 16)])
def test_background_has_the_stated_mean_and_deviation(scene: str, shape: tuple[int, int]) -> None:
    chosen = SceneSettings(height=shape[0], width=shape[1], scene=scene, clutter_to_noise=12)
    electrons, kind = background_electrons(chosen, rng(5))
    assert kind == scene
    assert electrons.shape == shape
    assert electrons.mean() == pytest.approx(0.45 * 7e6, rel=1e-9)
    assert electrons.std() == pytest.approx(12 * chosen.noise_electrons, rel=1e-6)


def test_sky_is_colder_overhead_than_at_the_horizon_and_land_warmer_than_sky() -> None:
    clear, _ = background_electrons(SceneSettings(**SMALL, scene="clear"), rng(1))
    assert clear[:5].mean() < clear[-5:].mean()
    land, _ = background_electrons(SceneSettings(**SMALL, scene="land"), rng(1))
    assert land[:5].mean() < land[-5:].mean()


def test_mixed_draws_every_landscape() -> None:
    kinds = {background_electrons(SceneSettings(**SMALL), rng(k))[1] for k in range(40)}
    assert kinds == {"clear", "clouds", "sea", "land"}


# --- camera


def flat(**values: object) -> SceneSettings:
    quiet = {"column_noise": 0, "pixel_noise": 0, "clutter_to_noise": 0, "bits": 16}
    return SceneSettings(**{"width": 300, "height": 300, "scene": "clutter"} | quiet | values)


@pytest.mark.parametrize(("read_noise", "well"), [(0.0, 2e5), (300.0, 2e5), (600.0, 7e6)])
def test_temporal_noise_is_shot_and_read_noise_together(read_noise: float, well: float) -> None:
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


def test_fixed_pattern_has_the_stated_column_and_pixel_noise() -> None:
    chosen = flat(column_noise=0.5, pixel_noise=2.0, width=4000, height=200)
    offset = draw_fixed_pattern(chosen, rng(7)).offset / chosen.noise_electrons
    columns = offset.mean(axis=0)
    assert columns.var() == pytest.approx(0.25 + 4.0 / 200, rel=0.1)
    assert (offset - columns).var() == pytest.approx(4.0 * 199 / 200, rel=0.02)


def test_bad_pixels_are_as_many_as_stated_and_stuck() -> None:
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
def test_conversion_is_linear_and_fills_the_stated_bits(bits: int) -> None:
    chosen = flat(bits=bits)
    charge = np.linspace(0, 7e6, 5000).reshape(50, 100)
    counts = digitise(charge, chosen)
    assert counts.dtype == np.uint16
    assert (counts.min(), counts.max()) == (0, 2**bits - 1)
    assert np.abs(counts - charge / chosen.electrons_per_count).max() <= 0.5


def test_no_bits_are_lost_in_a_14_bit_frame_of_a_narrow_scene() -> None:
    frame = simulate_scene(SceneSettings(bits=14, scene="clouds"), rng(1)).frame
    low, high = np.percentile(frame, (0.1, 99.9))
    assert 100 < high - low < 1000
    values = np.unique(frame)
    assert len(values) > 0.8 * (high - low)
    assert np.gcd.reduce(np.diff(values.astype(int))) == 1


def test_gain_control_uses_the_scale_and_ignores_outliers() -> None:
    counts = rng(1).normal(7000, 60, (200, 200))
    spoilt = counts.copy()
    spoilt[:2, :40] = 16383
    ordinary, robust = (gain_control(c, 1.0).astype(int) for c in (counts, spoilt))
    assert np.percentile(ordinary, 99.5) - np.percentile(ordinary, 0.5) == pytest.approx(199, abs=3)
    assert np.abs(ordinary - robust)[3:].max() <= 12
    assert (robust[:2, :40] == 255).all()


def test_gain_control_does_not_stretch_an_empty_scene_to_noise() -> None:
    counts = rng(1).normal(7000, 1, (200, 200))
    assert gain_control(counts, 24.0).std() == pytest.approx(255 * 0.78 / 24, rel=0.05)


# --- targets


@pytest.mark.parametrize("snr", [4.0, 12.0, 60.0])
@pytest.mark.parametrize("dark", [0.0, 1.0])
def test_measured_snr_is_the_stated_one(snr: float, dark: float) -> None:
    chosen = SceneSettings(
        **SMALL, snr=(snr, snr), targets=(1, 1), dark_fraction=dark, well_electrons=1e6, bits=16
    )
    background, _ = background_electrons(chosen, rng(11))
    (target,) = draw_targets(background, chosen, rng(12))
    pattern = draw_fixed_pattern(chosen, rng(13))
    row, column = round(target.y), round(target.x)
    signal = target_electrons(chosen.shape, [target])
    noise, repeats = rng(14), 1500

    def peak(expected: np.ndarray) -> np.ndarray:
        frames = (expose(expected, chosen, pattern, noise) for _ in range(repeats))
        counts = [float(digitise(frame, chosen)[row, column]) for frame in frames]
        return np.array(counts) * chosen.electrons_per_count

    without, with_target = peak(background), peak(background + signal)
    rise = with_target.mean() - without.mean()
    sign = -1 if dark else 1
    # Errors: 1.8 % of the deviation, and sqrt(2/1500) = 0.04 of it in the difference.
    measured = sign * rise / without.std(ddof=1)
    assert measured == pytest.approx(snr, rel=0.07, abs=0.15)
    assert np.abs(signal).max() == pytest.approx(abs(signal[row, column]))


def test_scnr_counts_local_clutter_and_fixed_pattern() -> None:
    bare = SceneSettings(**SMALL, clutter_to_noise=0, column_noise=0, pixel_noise=0)
    level = np.full(bare.shape, 0.45 * 7e6)
    (plain,) = draw_targets(level, bare.model_copy(update={"targets": (1, 1)}), rng(1))
    assert plain.scnr == pytest.approx(plain.snr)
    patterned = SceneSettings(**SMALL, targets=(1, 1), column_noise=3, pixel_noise=4)
    (target,) = draw_targets(level, patterned, rng(1))
    assert target.scnr == pytest.approx(target.snr / math.sqrt(26))
    rough = level + 7 * bare.noise_electrons * rng(4).standard_normal(level.shape)
    (target,) = draw_targets(rough, bare.model_copy(update={"targets": (1, 1)}), rng(1))
    assert target.scnr == pytest.approx(target.snr / math.sqrt(50), rel=0.1)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), low=st.integers(0, 6), more=st.integers(0, 6))
def test_targets_keep_to_number_ranges_frame_and_separation(seed: int, low: int, more: int) -> None:
    chosen = SceneSettings(**SMALL, targets=(low, low + more), min_separation=5, snr=(3, 30))
    scene = simulate_scene(chosen, rng(seed))
    assert low <= len(scene.targets) == len(scene.points) <= low + more
    assert ((scene.points.xy >= 0) & (scene.points.xy <= (63, 47))).all()
    for number, target in enumerate(scene.targets):
        assert 3 <= target.snr <= 30.001
        assert 0.8 <= target.psf_sigma <= 1.2
        for other in scene.targets[:number]:
            assert math.dist((target.x, target.y), (other.x, other.y)) >= 5


def test_targets_fall_anywhere_in_the_pixel_and_up_to_the_border() -> None:
    chosen = SceneSettings(width=16, height=16, targets=(4, 4), min_separation=0)
    level = np.full(chosen.shape, 0.45 * 7e6)
    source = rng(1)
    xy = np.array([(t.x, t.y) for _ in range(300) for t in draw_targets(level, chosen, source)])
    assert xy.min() < 0.2
    assert xy.max() > 14.8
    assert np.histogram(xy % 1, bins=4)[0] == pytest.approx(600, rel=0.15)


def test_dark_fraction_is_the_share_of_negative_targets() -> None:
    chosen = SceneSettings(targets=(400, 400), min_separation=0, dark_fraction=0.3)
    level = np.full(chosen.shape, 0.45 * 7e6)
    dark = np.mean([target.electrons < 0 for target in draw_targets(level, chosen, rng(2))])
    assert dark == pytest.approx(0.3, abs=0.07)


def test_truth_of_a_bright_target_is_where_the_frame_peaks() -> None:
    chosen = SceneSettings(
        scene="clear", snr=(80, 80), targets=(3, 3), bits=14, min_separation=20, **SMALL
    )
    scene = simulate_scene(chosen, rng(9))
    gain = chosen.electrons_per_count
    for target in scene.targets:
        near = gaussian_psf_image(chosen.shape, (target.x, target.y), 3.0, 1.0) > 0.2
        signal = np.where(near, scene.frame * gain - scene.background, 0.0)
        if 6 < target.x < 57 and 6 < target.y < 41:
            assert centroid(signal) == pytest.approx((target.x, target.y), abs=0.15)


def test_no_targets_is_an_empty_frame() -> None:
    scene = simulate_scene(SceneSettings(**SMALL, targets=(0, 0)), rng(1))
    assert scene.points.xy.shape == (0, 2)
    assert scene.frame.shape == (48, 64)


def test_too_many_targets_are_refused() -> None:
    crowded = SceneSettings(**SMALL, targets=(200, 200), min_separation=20)
    with pytest.raises(SettingsError, match=r"200 do not fit .* 20.0 px apart; lower"):
        simulate_scene(crowded, rng(1))


# --- settings


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"snr": (9, 2)}, "snr"),
        ({"snr": (0, 2)}, "snr"),
        ({"bits": 10}, "bits"),
        ({"width": 8}, "width"),
        ({"beta": math.nan}, "beta"),
        ({"dark_fraction": 1.1}, "dark_fraction"),
        ({"scene": "moon"}, "scene"),
        ({"clutter": 3}, "clutter"),
        ({"clutter_to_noise": 200, "well_electrons": 1e4}, "well"),
    ],
)
def test_settings_out_of_range_are_named_in_one_line(values: dict, named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        SceneSettings.checked(**values)
    assert "\n" not in str(caught.value)
