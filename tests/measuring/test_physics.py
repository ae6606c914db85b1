"""Errors of measured places beside the Cramér–Rao bound, and whether their deviations are right."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest

from experiments.measuring.bound import censored_bound, place_bound, planes
from irpoint.measurement import Flag, Measurement
from irpoint.measuring import measure
from irpoint.points import Points
from irpoint.psf import gaussian_psf_image

SHAPE = (384, 480)
NOISE = 10.0


@dataclass(frozen=True)
class Trial:
    """Measured targets and their true places."""

    truth: npt.NDArray[np.float64]
    found: Points
    measured: Measurement

    @property
    def error(self) -> npt.NDArray[np.float64]:
        return self.found.xy - self.truth

    def within(self, deviations: float) -> npt.NDArray[np.float64]:
        """Share of errors within so many standard deviations, along x and y."""
        std = np.column_stack([self.measured.x_std, self.measured.y_std])
        return np.asarray((np.abs(self.error) <= deviations * std).mean(0))


def grid(spacing: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Places (N, 2) at random within their pixels, about ``spacing`` apart."""
    x, y = np.meshgrid(*(np.arange(20, length - 20, spacing) for length in SHAPE[::-1]))
    centres = np.stack([x.ravel(), y.ravel()], 1)
    return centres + rng.uniform(-0.5, 0.5, centres.shape)


def trial(
    amplitude: float = 300.0,
    width: float = 1.0,
    *,
    spacing: int = 28,
    change: Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], None] | None = None,
    background: npt.NDArray[np.float64] | None = None,
    seed: int = 0,
) -> Trial:
    """Measure many equal targets from places 0.3 px off; ``change`` alters the frame before."""
    rng = np.random.default_rng(seed)
    truth = grid(spacing, rng)
    frame = 1000 + gaussian_psf_image(SHAPE, truth, width, amplitude)
    frame = np.asarray(frame + NOISE * rng.standard_normal(SHAPE), np.float64)
    if background is not None:
        frame += background
    if change:
        change(frame, truth)
    counts = np.rint(np.clip(frame, 0, 65535)).astype(np.uint16)
    ones = np.ones(len(truth), np.float32)
    start = (truth + rng.normal(0, 0.3, truth.shape)).astype(np.float32)
    found = measure(counts, Points(start, ones, np.full(len(truth), amplitude < 0)))
    assert found.measured is not None
    return Trial(truth, found, found.measured)


def assert_calibrated(result: Trial) -> None:
    assert result.within(1) == pytest.approx(0.683, abs=0.1)
    assert result.within(2) == pytest.approx(0.954, abs=0.05)


@pytest.mark.parametrize("amplitude", [200.0, -200.0, 1000.0])
@pytest.mark.parametrize("width", [0.7, 1.2, 2.4])
def test_the_error_is_near_the_bound(amplitude: float, width: float) -> None:
    result = trial(amplitude, width, spacing=36 if width > 2 else 28)
    assert not result.measured.flags.any()
    half = math.ceil(4 * width) + 2
    covariance = (NOISE**2 + 1 / 12) * np.eye((2 * half + 1) ** 2)
    flux = amplitude * 2 * np.pi * width**2
    places = result.truth - np.rint(result.truth)
    bound = np.array([place_bound(place, width, flux, covariance, half) for place in places[:60]])
    rms = np.sqrt(np.mean(result.error**2))
    assert rms < 1.17 * np.sqrt(np.mean(bound**2))
    assert_calibrated(result)
    assert np.median(result.measured.width) == pytest.approx(width, rel=0.02)
    assert np.median(result.measured.flux) == pytest.approx(flux, rel=0.02)


def test_there_is_no_pixel_locking() -> None:
    phase, error = [], []
    for seed in range(4):
        result = trial(250, 0.7, spacing=24, seed=seed)
        phase.append(result.truth - np.rint(result.truth))
        error.append(result.error)
    phases, errors = np.concatenate(phase).ravel(), np.concatenate(error).ravel()
    for low in np.arange(-0.5, 0.5, 0.25):
        some = errors[(phases >= low) & (phases < low + 0.25)]
        assert abs(some.mean()) < 4 * some.std() / math.sqrt(len(some))
        assert abs(some.mean()) < 0.01


@pytest.mark.parametrize("limit", [0.7, 0.3])
def test_clipped_targets_reach_the_bound_of_clipped_pixels(limit: float) -> None:
    def clip(frame: npt.NDArray[np.float64], _: npt.NDArray[np.float64]) -> None:
        np.minimum(frame, 1000 + limit * 500, out=frame)

    result = trial(500, 1.1, change=clip)
    assert result.measured.has(Flag.SATURATED).all()
    assert not result.measured.has(Flag.UNMEASURED).any()
    flux = 500 * 2 * np.pi * 1.1**2
    places = result.truth - np.rint(result.truth)
    bound = np.array([censored_bound(place, 1.1, flux, NOISE, limit * 500, 7) for place in places])
    assert np.sqrt(np.mean((result.error / bound) ** 2)) < 1.2
    assert_calibrated(result)
    assert np.median(result.measured.amplitude) == pytest.approx(500, rel=0.03)


def test_column_noise_and_clutter_are_part_of_the_deviation() -> None:
    rng = np.random.default_rng(5)
    columns = NOISE * rng.standard_normal((1, SHAPE[1])) * np.ones(SHAPE)
    result = trial(300, 1.0, background=columns)
    assert_calibrated(result)
    assert np.median(result.measured.x_std / result.measured.y_std) > 1.08
    waves = np.cumsum(np.cumsum(rng.standard_normal(SHAPE), 0), 1)
    result = trial(600, 1.0, background=waves - waves.mean())
    clean = ~result.measured.has(Flag.UNMEASURED)
    assert clean.mean() > 0.9
    size = (
        np.abs(result.error[clean])
        / np.column_stack([result.measured.x_std, result.measured.y_std])[clean]
    )
    assert (size <= 2).mean() > 0.9


@pytest.mark.parametrize(
    ("apart", "angle"), [(2.5, 0.3), (4.0, 1.2), (7.0, 2.2)], ids=["near", "apart", "far"]
)
def test_neighbours_do_not_pull_each_other(apart: float, angle: float) -> None:
    rng = np.random.default_rng(3)
    middle = grid(32, rng)
    half = 0.5 * apart * np.array([math.cos(angle), math.sin(angle)])
    truth = np.concatenate([middle - half, middle + half])
    amplitude = np.concatenate([np.full(len(middle), 400.0), np.full(len(middle), 250.0)])
    frame = 1000 + gaussian_psf_image(SHAPE, truth, 1.0, amplitude)
    frame = frame + NOISE * rng.standard_normal(SHAPE)
    found = measure(frame, Points.labels(truth + rng.normal(0, 0.2, truth.shape)))
    assert found.measured is not None
    result = Trial(truth, found, found.measured)
    assert found.measured.has(Flag.BLENDED).mean() == pytest.approx(float(apart < 3), abs=0.1)
    assert found.measured.has(Flag.UNMEASURED).mean() < 0.03
    assert_calibrated(result)


@pytest.mark.parametrize("value", [0.0, 1200.0, 60000.0])
@pytest.mark.parametrize("beside", [(0, 0), (1, 0), (1, 1), (0, -2)])
def test_a_bad_pixel_costs_little_more_than_the_pixel(
    value: float, beside: tuple[int, int]
) -> None:
    def damage(frame: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> None:
        at = np.rint(truth).astype(int) + beside
        frame[at[:, 1], at[:, 0]] = value if value != 1200 else frame[at[:, 1], at[:, 0]] + 400

    damaged, clean = trial(400, 1.0, change=damage), trial(400, 1.0)
    assert not damaged.measured.flags.any()
    assert np.sqrt(np.mean(damaged.error**2)) < 1.35 * np.sqrt(np.mean(clean.error**2))
    assert_calibrated(damaged)


def test_bad_pixels_are_not_seen_where_there_are_none() -> None:
    frame_of = {}
    for seed in range(3):
        frame_of[seed] = trial(300, 1.0, seed=seed).measured
    chi2 = np.concatenate([measured.chi2 for measured in frame_of.values()])
    assert chi2.mean() == pytest.approx(1, abs=0.03)


def test_the_bound_is_the_inverse_of_the_numerical_fisher_information() -> None:
    place, width, flux, half = np.array([0.21, -0.34]), 0.9, 3000.0, 5
    size = 2 * half + 1

    def image(parameters: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        x, y, sigma, total = parameters[:4]
        height = total / (2 * np.pi * sigma**2)
        target = gaussian_psf_image((size, size), (x + half, y + half), sigma, height)
        return np.asarray(target.ravel() + parameters[4:] @ planes(half), np.float64)

    truth = np.array([*place, width, flux, 0, 0, 0])
    step = np.array([1e-4, 1e-4, 1e-4, 1.0, 1, 1, 1])
    slope = np.stack([(image(truth + d) - image(truth - d)) / (2 * d.sum()) for d in np.diag(step)])
    rng = np.random.default_rng(0)
    root = rng.standard_normal((size**2, size**2)) / size + 4 * np.eye(size**2)
    covariance = root @ root.T
    information = slope @ np.linalg.solve(covariance, slope.T)
    expected = np.sqrt(np.diagonal(np.linalg.inv(information))[:2])
    assert place_bound(place, width, flux, covariance, half) == pytest.approx(expected, rel=1e-3)


def test_the_censored_bound_is_the_variance_of_the_score() -> None:
    """Fisher information is the covariance of the score; here it is drawn, not derived."""
    place, width, flux, half, limit = np.array([0.2, -0.1]), 1.0, 1500.0, 4, 120.0
    from experiments.measuring.bound import slopes

    unknown = np.concatenate([slopes(place, width, flux, half), planes(half)])
    mean = flux * unknown[3]
    rng = np.random.default_rng(1)
    drawn = mean + NOISE * rng.standard_normal((40000, mean.size))
    from scipy.stats import norm

    z = (limit - mean) / NOISE
    hazard = norm.pdf(z) / np.maximum(norm.sf(z), 1e-300)
    score = np.where(drawn >= limit, hazard / NOISE, (drawn - mean) / NOISE**2)
    information = np.cov(score @ unknown.T, rowvar=False)
    expected = np.sqrt(np.diagonal(np.linalg.inv(information))[:2])
    found = censored_bound(place, width, flux, NOISE, limit, half)
    assert found == pytest.approx(expected, rel=0.03)


def test_points_may_start_a_pixel_off() -> None:
    result = trial(300, 1.0)
    far = replace(result.found, xy=result.truth.astype(np.float32) + np.float32([1.2, -0.9]))
    rng = np.random.default_rng(0)
    truth = grid(28, rng)
    frame = 1000 + gaussian_psf_image(SHAPE, truth, 1.0, 300.0)
    frame = frame + NOISE * rng.standard_normal(SHAPE)
    found = measure(frame, replace(far, measured=None))
    assert found.measured is not None
    assert not found.measured.flags.any()
    assert np.abs(found.xy - truth).max() < 0.2
