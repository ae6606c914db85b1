"""Targets whose peak is clipped at full scale, beside the bound of clipped pixels."""

from __future__ import annotations

import numpy as np

from experiments.measuring.bound import censored_bound
from irpoint.measurement import Flag
from irpoint.measuring import measure
from irpoint.points import Points
from irpoint.psf import gaussian_psf_image

_SHAPE = (512, 640)
_SPACING = 30
_NOISE, _LEVEL, _AMPLITUDE = 10.0, 1000.0, 500.0
_HALF = 8
LIMITS = (0.9, 0.7, 0.5, 0.3)
HEADER = (
    "| clipped at, of the peak | targets | saturated % | RMS / bound | ≤ 1σ % | ≤ 2σ % |\n"
    "|---|---|---|---|---|---|"
)


def table(frames: int) -> list[str]:
    """A row per full scale: RMS error over the bound, and shares within 1σ and 2σ."""
    return [_row(limit, frames) for limit in LIMITS]


def _row(limit: float, frames: int) -> str:
    rng = np.random.default_rng(round(100 * limit))
    ratio, size, saturated = [], [], []
    for _ in range(frames):
        x, y = np.meshgrid(*(np.arange(20, length - 20, _SPACING) for length in _SHAPE[::-1]))
        truth = np.stack([x.ravel(), y.ravel()], 1) + rng.uniform(-0.5, 0.5, (x.size, 2))
        width = rng.uniform(0.8, 1.4, len(truth))
        frame = _LEVEL + gaussian_psf_image(_SHAPE, truth, width, _AMPLITUDE)
        frame += _NOISE * rng.standard_normal(_SHAPE)
        counts = np.rint(np.minimum(frame, _LEVEL + limit * _AMPLITUDE)).astype(np.uint16)
        found = measure(counts, Points.labels(truth + rng.normal(0, 0.3, truth.shape)))
        values = found.measured
        assert values is not None
        use = ~values.has(Flag.UNMEASURED)
        bound = np.array(
            [
                censored_bound(
                    place, w, _AMPLITUDE * 2 * np.pi * w**2, _NOISE, limit * _AMPLITUDE, _HALF
                )
                for place, w in zip(truth - np.rint(truth), width, strict=True)
            ]
        )
        error = found.xy - truth
        ratio.append((error / bound)[use])
        size.append(np.abs(error / np.column_stack([values.x_std, values.y_std]))[use])
        saturated.append(values.has(Flag.SATURATED))
    rms = np.sqrt(np.mean(np.concatenate(ratio) ** 2))
    sizes = np.concatenate(size)
    shares = " | ".join(f"{100 * np.mean(sizes <= k):.0f}" for k in (1, 2))
    flagged = 100 * np.concatenate(saturated).mean()
    return f"| {limit:g} | {len(sizes)} | {flagged:.0f} | {rms:.2f} | {shares} |"
