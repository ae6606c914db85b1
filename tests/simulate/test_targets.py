"""Number, position and signal-to-noise ratio of simulated targets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from irpoint.errors import SettingsError
from irpoint.psf import gaussian_psf_image
from irpoint.simulate import SceneSettings, draw_fixed_pattern, simulate_scene
from irpoint.simulate.background import background_electrons
from irpoint.simulate.sensor import digitise, expose
from irpoint.simulate.targets import draw_targets, target_electrons
from support.blobs import centroid

SMALL = {"width": 64, "height": 48}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("snr", [4.0, 12.0, 60.0])
@pytest.mark.parametrize("dark", [0.0, 1.0])
def test_the_measured_snr_is_the_given_one(snr: float, dark: float) -> None:
    chosen = SceneSettings(
        width=16,
        height=16,
        snr=(snr, snr),
        targets=(1, 1),
        dark_fraction=dark,
        well_electrons=1e6,
        bits=16,
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


def test_scnr_includes_local_clutter_and_fixed_pattern() -> None:
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
def test_targets_respect_number_ranges_frame_and_separation(seed: int, low: int, more: int) -> None:
    chosen = SceneSettings(**SMALL, targets=(low, low + more), min_separation=5, snr=(3, 30))
    scene = simulate_scene(chosen, rng(seed))
    assert low <= len(scene.targets) == len(scene.points) <= low + more
    assert ((scene.points.xy >= 0) & (scene.points.xy <= (63, 47))).all()
    for number, target in enumerate(scene.targets):
        assert 3 <= target.snr <= 30.001
        assert 0.8 <= target.psf_sigma <= 1.2
        for other in scene.targets[:number]:
            assert math.dist((target.x, target.y), (other.x, other.y)) >= 5


def test_positions_are_uniform_within_a_pixel_and_up_to_the_border() -> None:
    chosen = SceneSettings(width=16, height=16, targets=(4, 4), min_separation=0)
    level = np.full(chosen.shape, 0.45 * 7e6)
    source = rng(1)
    xy = np.array([(t.x, t.y) for _ in range(300) for t in draw_targets(level, chosen, source)])
    assert xy.min() < 0.2
    assert xy.max() > 14.8
    assert np.histogram(xy % 1, bins=4)[0] == pytest.approx(600, rel=0.15)


def test_the_dark_fraction_of_targets_is_negative() -> None:
    chosen = SceneSettings(targets=(400, 400), min_separation=0, dark_fraction=0.3)
    level = np.full(chosen.shape, 0.45 * 7e6)
    dark = np.mean([target.electrons < 0 for target in draw_targets(level, chosen, rng(2))])
    assert dark == pytest.approx(0.3, abs=0.07)


def test_the_centroid_of_a_bright_target_is_its_true_position() -> None:
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


def test_a_frame_may_have_no_targets() -> None:
    scene = simulate_scene(SceneSettings(**SMALL, targets=(0, 0)), rng(1))
    assert scene.points.xy.shape == (0, 2)
    assert scene.frame.shape == (48, 64)


def test_more_targets_than_fit_are_an_error() -> None:
    crowded = SceneSettings(**SMALL, targets=(200, 200), min_separation=20)
    with pytest.raises(SettingsError, match=r"200 do not fit .* 20.0 px apart; lower"):
        simulate_scene(crowded, rng(1))


@pytest.mark.parametrize("scene", ["clear", "clutter"])
@pytest.mark.parametrize("sigma", [0.8, 2.0])
def test_visibility_is_the_filtered_signal_over_the_filtered_rest(scene: str, sigma: float) -> None:
    """Measured on frames with noise, by the filter that the documentation names."""
    chosen = SceneSettings(
        width=128, height=128, scene=scene, visibility=(9, 9), targets=(1, 1), beta=2.0,
        psf_sigma=(sigma, sigma), clutter_to_noise=4, column_noise=0, pixel_noise=0, bits=16,
    )  # fmt: skip
    measured = []
    for seed in range(30):
        background, _ = background_electrons(chosen, rng(seed))
        (target,) = draw_targets(background, chosen, rng(seed + 100))
        if not (24 < target.x < 104 and 24 < target.y < 104):
            continue
        noise = chosen.noise_electrons * rng(seed).normal(size=chosen.shape)
        filtered = [
            ndimage.gaussian_filter(image, sigma) - ndimage.gaussian_filter(image, 2.5 * sigma)
            for image in (target_electrons(chosen.shape, [target]), background + noise)
        ]
        row, column = round(target.y), round(target.x)
        rest = filtered[1][row - 20 : row + 21, column - 20 : column + 21]
        measured.append(filtered[0][row, column] / rest.std())
        assert target.snr > 0
    assert np.median(measured) == pytest.approx(9, rel=0.15)
