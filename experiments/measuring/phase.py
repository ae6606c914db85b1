"""Pixel locking: whether the error of a place depends on where in its pixel the target is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib import pyplot as plt

from irpoint.measuring import measure
from irpoint.points import Points
from irpoint.psf import gaussian_psf_image, pixel_share

WIDTHS = (0.6, 0.8, 1.0, 1.5, 2.5)
SNR = 20.0
_SHAPE = (512, 640)
_SPACING = 30  # px between targets
_NOISE, _LEVEL = 20.0, 2000.0
_BINS = 20


def phase_errors(width: float, count: int) -> tuple[npt.NDArray[np.float64], ...]:
    """Sub-pixel phases and errors (N, 2) of at least ``count`` targets of an SNR of 20."""
    phases: list[npt.NDArray[np.float64]] = []
    errors: list[npt.NDArray[np.float64]] = []
    rng = np.random.default_rng(round(1000 * width))
    while sum(len(part) for part in phases) < count:
        x, y = np.meshgrid(*(np.arange(20, size - 20, _SPACING) for size in _SHAPE[::-1]))
        grid = np.stack([x.ravel(), y.ravel()], 1)
        phase = rng.uniform(-0.5, 0.5, grid.shape)
        truth = grid + phase
        flux = [SNR * _NOISE / pixel_share((px, py), width) for px, py in truth.tolist()]
        height = np.array(flux) / (2 * np.pi * width**2)
        frame = _LEVEL + gaussian_psf_image(_SHAPE, truth, width, height)
        counts = np.rint(frame + _NOISE * rng.standard_normal(_SHAPE)).astype(np.uint16)
        points = Points.labels(truth + rng.normal(0, 0.4, truth.shape))
        found = measure(counts, points)
        assert found.measured is not None
        clean = found.measured.flags == 0
        phases.append(phase[clean])
        errors.append((found.xy - truth)[clean])
    return np.concatenate(phases)[:count], np.concatenate(errors)[:count]


def bias_by_phase(
    phases: npt.NDArray[np.float64], errors: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean error along an axis in each bin of the phase along it, and its standard deviation."""
    number = np.clip(((phases + 0.5) * _BINS).astype(int), 0, _BINS - 1).ravel()
    values = errors.ravel()
    count = np.bincount(number, minlength=_BINS)
    mean = np.bincount(number, values, _BINS) / count
    square = np.bincount(number, values**2, _BINS) / count
    return mean, np.sqrt((square - mean**2) / count)


def draw(file: Path, count: int) -> list[str]:
    """Draw the bias of each width by phase, and return a row of the table for each."""
    figure, axis = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
    middle = (np.arange(_BINS) + 0.5) / _BINS - 0.5
    rows = []
    for width in WIDTHS:
        phases, errors = phase_errors(width, count)
        mean, deviation = bias_by_phase(phases, errors)
        axis.errorbar(middle, mean, deviation, label=f"{width:g} px", capsize=2, linewidth=1.2)
        bias = errors.mean(0)
        worst = np.abs(mean).max()
        rows.append(
            f"| {width:g} | {len(errors)} | {bias[0]:+.4f}, {bias[1]:+.4f} | {worst:.4f} | "
            f"{deviation.mean():.4f} |"
        )
    axis.axhspan(-0.01, 0.01, color="0.92", zorder=0)
    axis.axhline(0, color="0.5", linewidth=0.8)
    axis.set(
        xlabel="place of the target within its pixel, px",
        ylabel="mean error, px",
        xlim=(-0.5, 0.5),
        ylim=(-0.02, 0.02),
    )
    axis.legend(title="width", ncols=len(WIDTHS), fontsize=8, loc="upper center")
    figure.savefig(file, dpi=110)
    plt.close(figure)
    return rows


HEADER = (
    "| width px | targets | bias x, y px | largest bias of a phase px | its deviation px |\n"
    "|---|---|---|---|---|"
)
