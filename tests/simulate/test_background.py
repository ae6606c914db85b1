"""Power spectrum, mean, deviation and layout of simulated backgrounds."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.simulate import SceneSettings, power_law_field
from irpoint.simulate.background import background_electrons

SMALL = {"width": 64, "height": 48}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("beta", [0.0, 2.0, 3.0, 3.7])
def test_power_spectrum_falls_with_beta(beta: float) -> None:
    field = power_law_field((256, 320), beta, rng(3)).astype(np.float64)
    power = np.abs(np.fft.fft2(field)) ** 2
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(320)[None, :])
    band = (frequency > 0.02) & (frequency < 0.45)
    # log of an exponentially distributed power has a constant bias, so the slope is unbiased.
    slope = np.polyfit(np.log(frequency[band]), np.log(power[band]), 1)[0]
    assert slope == pytest.approx(-beta, abs=0.05)


def test_a_power_law_field_is_isotropic_unless_stretched() -> None:
    def roughness(field: np.ndarray) -> float:
        return float(np.var(np.diff(field, axis=1)) / np.var(np.diff(field, axis=0)))

    even = np.mean([roughness(power_law_field((128, 128), 2.5, rng(k))) for k in range(20)])
    assert even == pytest.approx(1.0, abs=0.1)
    assert roughness(power_law_field((128, 128), 2.5, rng(1), stretch=4.0)) < 0.5


@pytest.mark.parametrize("scene", ["clear", "clouds", "sea", "land", "clutter"])
@pytest.mark.parametrize("shape", [(48, 64), (97, 61), (16, 16)])
def test_a_background_has_the_given_mean_and_deviation(scene: str, shape: tuple[int, int]) -> None:
    chosen = SceneSettings(height=shape[0], width=shape[1], scene=scene, clutter_to_noise=12)
    electrons, kind = background_electrons(chosen, rng(5))
    assert kind == scene
    assert electrons.shape == shape
    assert electrons.mean() == pytest.approx(0.45 * 7e6, rel=1e-9)
    assert electrons.std() == pytest.approx(12 * chosen.noise_electrons, rel=1e-6)


def test_the_zenith_is_colder_than_the_horizon_and_the_sky_colder_than_land() -> None:
    clear, _ = background_electrons(SceneSettings(**SMALL, scene="clear"), rng(1))
    assert clear[:5].mean() < clear[-5:].mean()
    land, _ = background_electrons(SceneSettings(**SMALL, scene="land"), rng(1))
    assert land[:5].mean() < land[-5:].mean()


def test_mixed_scenes_include_every_landscape() -> None:
    kinds = {background_electrons(SceneSettings(**SMALL), rng(k))[1] for k in range(40)}
    assert kinds == {"clear", "clouds", "sea", "land"}
