"""Simulated sequences: exact truth, motion of camera, targets and scene, and the detector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from irpoint.errors import SettingsError
from irpoint.simulate import (
    BadPixel,
    SequenceSettings,
    SimulatedSequence,
    TrackedTarget,
    simulate_sequence,
)
from irpoint.simulate.sequence.fields import EvolvingTexture
from irpoint.simulate.sequence.resample import shifted, turned

STILL: dict[str, Any] = {"width": 96, "height": 80, "scene": "clutter", "targets": (0, 0)}


def sequence(count: int = 20, seed: int = 1, **values: Any) -> SimulatedSequence:
    return SimulatedSequence(SequenceSettings.checked(**STILL | values), count, seed)


def centroid(image: np.ndarray, target: TrackedTarget, reach: int = 5) -> np.ndarray:
    row, column = round(target.y), round(target.x)
    part = image[row - reach : row + reach + 1, column - reach : column + reach + 1]
    down, right = np.mgrid[row - reach : row + reach + 1, column - reach : column + reach + 1]
    return np.array([(part * right).sum(), (part * down).sum()]) / part.sum()


def test_a_frame_depends_on_its_number_only() -> None:
    values = {"scene": "sea", "targets": (4, 4), "pan": (0.7, 0.1), "jitter": 0.4, "bits": 8}
    values |= {"blinking_pixels": 0.01, "artefacts": {"telemetry": 1, "text": 1}}
    in_order = list(sequence(12, **values))
    other = sequence(12, **values)
    for number in (11, 3, 7, 0):
        np.testing.assert_array_equal(other[number].frame, in_order[number].frame)
        assert other[number].targets == in_order[number].targets
    settings = SequenceSettings.checked(**STILL | values)
    again = list(simulate_sequence(settings, 12, 1))
    np.testing.assert_array_equal(again[5].frame, in_order[5].frame)
    assert [shown.index for shown in again] == list(range(12))
    differ = next(simulate_sequence(settings, 12, 2)).frame
    assert (differ != in_order[0].frame).mean() > 0.5


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"speed": (3, 3), "exposure": 1.0},
        {"pan": (1.3, -0.4), "exposure": 0.8},
        {"jitter": 1.0, "roll": 0.5, "roll_jitter": 0.1},
    ],
)
def test_places_are_those_of_the_light_at_mid_exposure(values: dict[str, Any]) -> None:
    plain = {"targets": (3, 3), "snr": (150, 150), "clutter_to_noise": 0.0, "bits": 16}
    plain |= {"column_noise": 0.0, "pixel_noise": 0.0, "psf_sigma": (0.9, 0.9)}
    plain |= {"width": 250, "height": 200, "targets": (6, 6)}
    made = sequence(12, seed=4, well_electrons=2e7, **plain | values)
    errors = []
    for shown in made:
        light = shown.frame * made.settings.electrons_per_count - shown.background
        for target in shown.targets:
            near = [np.hypot(target.x - t.x, target.y - t.y) < 14 for t in shown.targets]
            if 8 < target.x < 241 and 8 < target.y < 191 and sum(near) == 1:
                errors.append(centroid(light, target) - (target.x, target.y))
    assert len(errors) > 10
    assert np.abs(np.mean(errors, axis=0)).max() < 0.04
    assert np.sqrt(np.mean(np.square(errors))) < 0.1


def test_snr_is_the_brightest_pixel_over_the_noise_and_motion_blur_lowers_it() -> None:
    values = {"targets": (8, 8), "snr": (6, 6), "motions": ["straight"], "speed": (0.3, 0.3)}
    mean = np.mean([t.snr for shown in sequence(15, **values) for t in shown.targets])
    assert mean == pytest.approx(6, rel=0.08)
    fast = sequence(15, **values | {"speed": (6, 6), "exposure": 1.0})
    assert np.mean([t.snr for shown in fast for t in shown.targets]) < 3
    weak = [t for shown in sequence(15, **values) for t in shown.targets]
    assert all(t.scnr < t.snr for t in weak)


def test_a_pan_by_whole_pixels_moves_the_scene_exactly() -> None:
    made = sequence(9, pan=(2, -1), exposure=0.0)
    first, last = made[0].background, made[4].background
    np.testing.assert_allclose(last[4:, :-8], first[:-4, 8:], rtol=1e-6)
    assert (made[4].camera.x, made[4].camera.y) == (8, -4)


def test_a_shift_by_a_fraction_of_a_pixel_keeps_the_spectrum() -> None:
    made = sequence(2, pan=(0.5, 0.5), exposure=0.0, beta=0.5, width=256, height=256)

    def power(image: np.ndarray) -> np.ndarray:
        window = np.hanning(256)
        spectrum = np.abs(np.fft.fft2((image - image.mean()) * window * window[:, None])) ** 2
        radius = np.maximum(*np.abs(np.meshgrid(np.fft.fftfreq(256), np.fft.fftfreq(256))))
        return np.array([spectrum[(radius > r) & (radius <= r + 0.1)].sum() for r in (0, 0.1, 0.3)])

    ratio = power(made[1].background) / power(made[0].background)
    np.testing.assert_allclose(ratio, 1, atol=0.03)


def test_a_shift_looks_to_the_right_and_down() -> None:
    down, right = np.indices((60, 70)).astype(np.float32)

    def wave(x: float, y: float) -> np.ndarray:
        return np.sin(0.7 * (right + x)) + np.cos(0.5 * (down + y))

    result = shifted(wave(0, 0).astype(np.float32), 0.3, 0.8)
    np.testing.assert_allclose(result, wave(0.3, 0.8)[8:-8, 8:-8], atol=0.01)
    middle = turned(wave(0, 0).astype(np.float32), (35.3, 30.8), 0.0, (21, 21))
    np.testing.assert_allclose(middle, wave(0.3, 0.8)[20:41, 25:46], atol=0.01)


def test_noise_is_white_and_new_in_each_frame_and_the_pattern_stays() -> None:
    made = sequence(40, clutter_to_noise=0.0, column_noise=0.5, pixel_noise=0.5, bits=16)
    counts = np.stack([shown.frame for shown in made]).astype(float)
    noise = made.settings.noise_electrons / made.settings.electrons_per_count
    steps = np.diff(counts, axis=0) / noise / np.sqrt(2)
    assert steps.std() == pytest.approx(1, rel=0.02)
    assert abs(np.mean(steps[:, :, 1:] * steps[:, :, :-1])) < 0.02
    pattern = counts.mean(axis=0) / noise
    assert pattern.std() == pytest.approx(np.hypot(0.5, 0.5), rel=0.15)


def test_shaking_has_the_given_size_and_correlation() -> None:
    made = sequence(3000, jitter=0.8, jitter_time=4.0)
    offset = made.camera.poses(np.arange(3000.0))[0]
    np.testing.assert_allclose(offset.std(axis=0), 0.8, rtol=0.15)
    unit = offset / offset.std(axis=0)
    lagged = [np.mean(unit[lag:] * unit[: len(unit) - lag]) for lag in (1, 4, 16)]
    np.testing.assert_allclose(lagged, np.exp(-np.array([1, 4, 16]) / 4), atol=0.15)


def places(made: SimulatedSequence, number: int) -> np.ndarray:
    """Places (N, 2) of a track in the frames, outside of them too."""
    times = np.arange(float(len(made)))
    return made.camera.to_frame(made.tracks[number].places(times), times)


@pytest.mark.parametrize("pan", [(0.0, 0.0), (1.5, 0.2)])
def test_targets_enter_cross_turn_and_vanish(pan: tuple[float, float]) -> None:
    motions = ["straight", "cross", "enter", "turn", "vanish"]
    speed = {"speed": (0.4, 0.8)}
    for seed in range(5):
        made = sequence(60, seed, targets=(5, 5), motions=motions, pan=pan, **speed)
        straight, cross, enter, _, vanish = (places(made, number) for number in range(5))
        assert np.hypot(*(straight - cross).T).min() < 1.2
        inside = ((enter > -0.5) & (enter < (95.5, 79.5))).all(axis=1)
        assert not inside[0]
        assert inside.any()
        relative = np.diff(made.tracks[3].places(np.arange(60.0)), axis=0)
        heading = np.unwrap(np.arctan2(relative[:, 1], relative[:, 0]))
        assert np.radians(59) < abs(heading[-1] - heading[0]) < np.radians(181)
        np.testing.assert_allclose(np.hypot(*relative.T), np.hypot(*relative[0]), rtol=0.05)
        ends = int(made.tracks[4].ends)
        assert 30 <= ends < 60
        assert ((vanish[ends] > 0) & (vanish[ends] < (95, 79))).all()
        assert 5 in [target.track for target in made[ends - 1].targets]
        assert 5 not in [target.track for target in made[ends].targets]


def test_targets_behind_are_hidden_by_clouds_and_land() -> None:
    values = {"scene": "land", "targets": (30, 30), "motions": ["straight"]}
    front = sequence(2, **values)[0]
    assert all(target.uncovered == 1 for target in front.targets)
    behind = sequence(2, behind=1.0, **values)[0]
    low = [target for target in behind.targets if target.y > 60]
    high = [target for target in behind.targets if target.y < 12]
    assert low
    assert high
    assert all(target.uncovered < 0.01 and not target.visible for target in low)
    assert np.mean([target.uncovered for target in high]) > 0.4
    assert len(behind.points) == len(behind.visible) < len(behind.targets)
    assert behind.track_ids == tuple(target.track for target in behind.visible)


def test_artefacts_hide_targets_and_only_what_changes_is_new_in_each_frame() -> None:
    hidden = {"border": 30, "telemetry": 1, "text": 2}
    made = sequence(3, targets=(30, 30), artefacts=hidden, bits=14)
    shown, later = made[0], made[1]
    np.testing.assert_array_equal(shown.mask, later.mask)
    assert (shown.frame[-1] != later.frame[-1]).any()
    covered = [target for target in shown.targets if target.x < 25]
    assert covered
    assert not any(target.visible for target in covered)


def test_waves_follow_the_dispersion_of_deep_water() -> None:
    texture = EvolvingTexture((128, 128), 2.0, np.random.default_rng(0))
    texture.as_waves(period=40.0, wind=0.3)
    before, after = (np.fft.rfft2(texture.at(time)) for time in (0.0, 1.0))
    turned = np.angle(before / after)
    assert turned[0, 16] == pytest.approx(2 * np.pi / 40, rel=0.01)
    assert turned[0, 4] == pytest.approx(turned[0, 16] / 2, rel=0.01)
    assert turned[8, 0] > 0 > turned[-8, 0]  # all travel to one side of the wind
    assert texture.at(500.0).std() == pytest.approx(texture.at(0.0).std(), rel=0.1)


def test_clouds_drift_with_the_wind_and_change_slowly() -> None:
    values = {"scene": "clouds", "width": 256, "height": 256, "cloud_life": 1e5}
    made = sequence(13, 2, wind=(0.5, 0.25), **values)
    first, last = (shown.background[64:192, 64:192] for shown in (made[0], made[12]))
    window = np.hanning(128) * np.hanning(128)[:, None]
    spectra = [np.fft.fft2((part - part.mean()) * window) for part in (first, last)]
    peak = np.fft.ifft2(spectra[1] * spectra[0].conj()).real
    down, right = np.unravel_index(peak.argmax(), peak.shape)
    assert right == pytest.approx(6, abs=1)
    assert down == pytest.approx(3, abs=1)
    short = sequence(40, 2, wind=(0, 0), **values | {"cloud_life": 200.0})
    same = [np.corrcoef(short[0].background.ravel(), short[k].background.ravel())[0, 1]
            for k in (1, 39)]  # fmt: skip
    assert 0.999 < same[0] < 1
    assert same[1] < same[0] - 0.001


def test_land_is_fixed_in_the_scene() -> None:
    made = sequence(2, scene="land", exposure=0.0)
    np.testing.assert_array_equal(made[0].background[60:], made[1].background[60:])


def test_gain_control_follows_the_scene_slowly() -> None:
    made = sequence(24, scene="land", pan=(4, 0), clutter_to_noise=20.0, bits=8)
    ends = np.array([made[k].background.max() for k in range(24)])
    grey = []
    for number in range(24):
        shown = made[number]
        slope, level = np.polyfit(shown.background.ravel(), shown.frame.ravel().astype(float), 1)
        grey.append((slope * ends.mean() + level, slope))
    levels, slopes = np.array(grey).T
    assert np.abs(np.diff(levels)).max() < 4
    assert np.abs(np.diff(np.log(slopes))).max() < 0.05


@pytest.fixture(scope="module")
def bad() -> tuple[SimulatedSequence, np.ndarray]:
    """A sequence with bad pixels of all kinds, and its frames (T, H, W)."""
    made = sequence(
        60,
        bad_pixels=0.02,
        stuck_pixels=0.02,
        blinking_pixels=0.02,
        bad_cluster=0.5,
        blinking_time=5.0,
        pan=(1, 0),
        bits=16,
    )
    return made, np.stack([shown.frame for shown in made]).astype(float)


def test_bad_pixels_have_their_numbers(bad: tuple[SimulatedSequence, np.ndarray]) -> None:
    kinds = bad[0].detector.kinds
    pixels = kinds.size
    assert (kinds == BadPixel.BLINKING).sum() == round(0.02 * pixels)
    assert (kinds == BadPixel.STUCK).sum() == pytest.approx(0.02 * pixels, abs=9)
    assert (kinds == BadPixel.HOT).sum() == pytest.approx(0.01 * pixels, abs=9)
    assert (kinds == BadPixel.DEAD).sum() == pytest.approx(0.01 * pixels, abs=9)
    np.testing.assert_array_equal(bad[0].detector.bad, kinds > 0)


def test_bad_pixels_behave_as_their_kind(bad: tuple[SimulatedSequence, np.ndarray]) -> None:
    made, counts = bad
    kinds = made.detector.kinds
    noise = made.settings.noise_electrons / made.settings.electrons_per_count
    scene = np.stack([shown.background for shown in made]) / made.settings.electrons_per_count
    assert (counts[:, kinds == BadPixel.DEAD] == 0).all()
    held = (kinds == BadPixel.HOT) | (kinds == BadPixel.STUCK)
    own = made.settings.read_noise / made.settings.noise_electrons
    assert np.median(counts[:, held].std(axis=0)) / noise == pytest.approx(own, rel=0.1)
    assert (counts[:, kinds == BadPixel.HOT].mean(axis=0) > scene.mean() - noise).all()
    excess = (counts - scene)[:, kinds == BadPixel.BLINKING] / noise
    high = excess > 8
    assert 0.3 < high.mean() < 0.7
    assert np.abs(excess[~high].mean()) < 0.5
    changes = (high[1:] != high[:-1]).mean()
    assert changes == pytest.approx(1 / 5, rel=0.25)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"speed": (2, 1)}, "speed: 2.0 is above 1.0"),
        ({"motions": ["hover"]}, "motions"),
        ({"visibility": (4, 9)}, "visibility: is for single frames; give snr"),
        ({"artefacts": {"h264": 20}}, "encode the sequence as video"),
    ],
)
def test_wrong_settings_are_named_in_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        SequenceSettings.checked(**values)
    assert "\n" not in str(caught.value)


def test_a_scene_that_is_too_large_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"the camera sees .* pixels of the scene"):
        sequence(20_000, pan=(90, 0))
    with pytest.raises(SettingsError, match="frames 0"):
        sequence(0)
    with pytest.raises(IndexError):
        sequence(2)[2]
