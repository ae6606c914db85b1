"""Errors of measured points on simulated frames with exact truth, beside the Cramér–Rao bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from experiments.measuring.bound import local_covariance, place_bound
from irpoint.measurement import Flag
from irpoint.measuring import measure
from irpoint.points import Points
from irpoint.simulate import Scene, SceneSettings, draw_fixed_pattern, scene_rng, simulate_scene
from irpoint.simulate.settings import SceneKind

Finder = Callable[[npt.NDArray[np.generic]], Points]

SCENES: tuple[SceneKind, ...] = ("clear", "clouds", "sea", "land")
SNR_BINS = ((3.0, 8.0), (8.0, 50.0), (50.0, 100.0))
GOAL_BIN = 1
_PER_FRAME = 60
_NETWORK_STD = 0.4  # px per axis, usual error of a network's place
_RADIUS = 3.0  # px, within which a detection is that of a target
_NARROW_HALF, _WIDE_HALF, _WIDE = 6, 10, 1.5  # window of the bound


@dataclass(frozen=True)
class Cell:
    """A kind of frame."""

    scene: SceneKind
    bits: int
    column_noise: float

    def settings(self) -> SceneSettings:
        """Settings of the simulation."""
        return SceneSettings(
            width=640,
            height=512,
            scene=self.scene,
            bits=self.bits,
            column_noise=self.column_noise,
            targets=(_PER_FRAME, _PER_FRAME),
            snr=(3.0, 100.0),
            psf_sigma=(0.6, 2.5),
            min_separation=24.0,
        )


@dataclass(frozen=True, eq=False)
class Errors:
    """What was found of N targets.

    Attributes:
        snr: (N,) true signal-to-noise ratio.
        found: bool (N,), whether there was a point to measure.
        flags: (N,) of the point; 0 if it was not found.
        error: (N, 2) px, measured minus true place.
        network: (N, 2) px, the point's place before measuring minus the true place.
        std: (N, 2) px, x_std and y_std.
        bound: (N, 2) px.
    """

    snr: npt.NDArray[np.float64]
    found: npt.NDArray[np.bool_]
    flags: npt.NDArray[np.uint8]
    error: npt.NDArray[np.float64]
    network: npt.NDArray[np.float64]
    std: npt.NDArray[np.float64]
    bound: npt.NDArray[np.float64]

    @classmethod
    def joined(cls, parts: list[Errors]) -> Errors:
        """Those of several frames."""
        names = vars(parts[0])
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})

    def __getitem__(self, index: npt.NDArray[np.bool_]) -> Errors:
        return Errors(**{name: values[index] for name, values in vars(self).items()})


def simulate(cell: Cell, frames: int, find: Finder | None, seed: int) -> Errors:
    """Measure the targets of simulated frames.

    Args:
        cell: kind of frame.
        frames: number of frames.
        find: finds the points of a frame; None for the true places with an error of
            ``_NETWORK_STD`` per axis.
        seed: of the frames.
    """
    settings = cell.settings()
    pattern = draw_fixed_pattern(settings, np.random.default_rng([seed, 0]))
    parts = []
    for number in range(frames):
        scene = simulate_scene(settings, scene_rng(seed, number), pattern)
        truth = scene.points.xy.astype(np.float64)
        if find is None:
            rng = np.random.default_rng([seed, 2, number])
            points = Points.labels(truth + rng.normal(0, _NETWORK_STD, truth.shape))
            partner = np.arange(len(truth))
        else:
            points = find(scene.frame)
            partner = _nearest(truth, points.xy.astype(np.float64))
        bounds = np.array(list(_bounds(scene, settings)))
        parts.append(_errors(scene, points, partner, bounds))
    return Errors.joined(parts)


def _nearest(
    truth: npt.NDArray[np.float64], found: npt.NDArray[np.float64]
) -> npt.NDArray[np.intp]:
    """(N,) number of the point nearest to each target, −1 if none is within the radius."""
    if not len(found):
        return np.full(len(truth), -1)
    distance = np.linalg.norm(truth[:, None] - found[None], axis=2)
    nearest = distance.argmin(1)
    return np.where(distance.min(1) <= _RADIUS, nearest, -1)


def _errors(
    scene: Scene,
    points: Points,
    partner: npt.NDArray[np.intp],
    bounds: npt.NDArray[np.float64],
) -> Errors:
    measured = measure(scene.frame, points)
    values = measured.measured
    assert values is not None
    found = partner >= 0
    truth = scene.points.xy.astype(np.float64)
    n = len(truth)
    std, error, network = np.ones((n, 2)), np.zeros((n, 2)), np.zeros((n, 2))
    flags = np.zeros(n, np.uint8)
    some = partner[found]
    std[found] = np.column_stack([values.x_std, values.y_std])[some]
    error[found] = measured.xy[some] - truth[found]
    network[found] = values.network_xy[some] - truth[found]
    flags[found] = values.flags[some]
    snr = np.array([target.snr for target in scene.targets])
    return Errors(snr, found, flags, error, network, std, bounds)


def _bounds(scene: Scene, settings: SceneSettings) -> Iterator[npt.NDArray[np.float64]]:
    """The bound (2,) of each target, in electrons: noise, fixed pattern, rounding, background."""
    step = _electrons_per_count(scene)
    pattern = settings.noise_electrons
    for target in scene.targets:
        half = _WIDE_HALF if target.psf_sigma > _WIDE else _NARROW_HALF
        centre = np.rint([target.x, target.y]).astype(np.int64)
        size = 2 * half + 1
        column, row = centre
        level = scene.background[row, column]
        white = level + settings.read_noise**2 + (settings.pixel_noise * pattern) ** 2
        white += step**2 / 12.0
        columns = np.kron(np.ones((size, size)), np.eye(size))
        covariance = local_covariance(scene.background, centre, half)
        covariance += white * np.eye(size * size)
        covariance += (settings.column_noise * pattern) ** 2 * columns
        place = np.array([target.x, target.y]) - centre.astype(np.float64)
        yield place_bound(place, target.psf_sigma, target.electrons, covariance, half)


def _electrons_per_count(scene: Scene) -> float:
    """The gain of a frame, from its background: at 8 bits, gain control chooses it."""
    part = (slice(None, None, 3), slice(None, None, 3))
    background, frame = scene.background[part].ravel(), scene.frame[part].ravel().astype(float)
    deviation = background - background.mean()
    return float(deviation @ deviation / (deviation @ (frame - frame.mean())))


def row(name: str, errors: Errors) -> str:
    """A line of the table: shares, RMS error over the bound, shares within 1σ and 2σ, bias."""
    found = errors[errors.found]
    clean = found[found.flags == 0]
    lost = int(Flag.UNMEASURED | Flag.EXTENDED)
    cells = [name, str(len(found.snr))]
    for some in (found.flags & lost == 0, found.flags == 0):
        cells.append(f"{100 * some.mean():.0f}" if len(some) else "–")
    if len(clean.snr) < 20:
        return f"| {' | '.join([*cells, *['–'] * 5])} |"
    ratio = np.sqrt(np.mean((clean.error / clean.bound) ** 2, 0))
    size = np.abs(clean.error) / clean.std
    mean = np.linalg.norm(clean.network, axis=1).mean(), np.linalg.norm(clean.error, axis=1).mean()
    cells.append(f"{mean[0]:.3f} → {mean[1]:.3f}")
    cells.append(_pair(ratio, "{:.2f}"))
    cells += [_pair(100 * (size <= limit).mean(0), "{:.0f}") for limit in (1, 2)]
    cells.append(_pair(clean.error.mean(0), "{:+.3f}"))
    return f"| {' | '.join(cells)} |"


def _pair(values: npt.NDArray[np.float64], form: str) -> str:
    return f"{form.format(values[0])}, {form.format(values[1])}"


_COLUMNS = "frames", "points", "measured %", "no flag %", "mean error px", "RMS / bound", "≤ 1σ %"
HEADER = f"| {' | '.join(_COLUMNS)} | ≤ 2σ % | bias px |\n|{'---|' * (len(_COLUMNS) + 2)}"
