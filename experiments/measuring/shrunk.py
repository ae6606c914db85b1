"""Measured points whose start is rough, as that of a network that saw the frame shrunk."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from irpoint.measurement import Flag
from irpoint.measuring import measure
from irpoint.points import Points
from irpoint.simulate import Scene, SceneSettings, draw_fixed_pattern, scene_rng, simulate_scene
from irpoint.simulate.settings import SceneKind

STDS = (0.4, 1.0, 2.0, 3.0)  # px per axis
HEADER = (
    "| frames | start | points | start, mean px | measured % | mean error px | over 1 px % |\n"
    "|---|---|---|---|---|---|---|"
)
_SEED = 11
_RADIUS = 8.0  # px, within which a detection is that of a target
Finder = Callable[[npt.NDArray[np.generic]], Points]


def rows(kind: SceneKind, frames: int, find: Finder | None) -> list[str]:
    """A row for each deviation of the start, then one for a detector that measures."""
    settings = SceneSettings(
        width=1920,
        height=1080,
        scene=kind,
        bits=16,
        column_noise=0.25,
        targets=(60, 60),
        snr=(10.0, 40.0),
        psf_sigma=(0.8, 1.5),
        min_separation=24.0,
    )
    pattern = draw_fixed_pattern(settings, np.random.default_rng(5))
    scenes = [simulate_scene(settings, scene_rng(_SEED, i), pattern) for i in range(frames)]
    result = [
        _row(f"{kind} | {std:g} px", scenes, [_displaced(s, std, i) for i, s in enumerate(scenes)])
        for std in STDS
    ]
    if find is not None:
        result.append(_row(f"{kind} | detector", scenes, [find(scene.frame) for scene in scenes]))
    return result


def _displaced(scene: Scene, std: float, number: int) -> Points:
    truth = scene.points.xy
    error = np.random.default_rng([_SEED, number]).normal(0, std, truth.shape)
    return measure(scene.frame, Points.labels(truth + error), fallback_std=std)


def _row(name: str, scenes: list[Scene], found: list[Points]) -> str:
    """Of the points nearest to each target, the errors before and after, and the share measured."""
    before, after, measured = [np.empty(0)], [np.empty(0)], [np.empty(0, bool)]
    for scene, points in zip(scenes, found, strict=True):
        values = points.measured
        if values is None or not len(points):
            continue
        truth = scene.points.xy.astype(np.float64)
        distance = np.linalg.norm(truth[:, None] - values.network_xy, axis=2)
        nearest = distance.argmin(1)
        own = distance.min(1) < _RADIUS
        before.append(distance.min(1)[own])
        after.append(np.linalg.norm(points.xy[nearest] - truth, axis=1)[own])
        measured.append(~values.has(Flag.UNMEASURED)[nearest][own])
    use = np.concatenate(measured)
    if not use.any():
        return f"| {name} | {len(use)} | – | – | – | – |"
    error = np.concatenate(after)[use]
    return (
        f"| {name} | {len(use)} | {np.concatenate(before).mean():.2f} | {100 * use.mean():.0f} | "
        f"{error.mean():.3f} | {100 * np.mean(error > 1):.1f} |"
    )
