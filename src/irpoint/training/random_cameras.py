"""Cameras and scenes drawn at random, wider than any real set, for training on strange cameras.

Source: domain randomisation, Tobin et al., arXiv 1703.06907: a network that has seen enough
variation takes the real world for one more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from irpoint.simulate import Artefacts, SceneSettings

Rng = np.random.Generator

_SIDES = (256, 640)  # minimum and maximum width in pixels
_ASPECTS = (1.0, 0.8, 0.75, 0.5625)
_EMPTY = 0.25  # share of frames without targets
_SEPARATION = 16.0  # px, so that no two targets merge at network scale
_SCENES = {"clear": 0.15, "clouds": 0.25, "sea": 0.2, "land": 0.25, "clutter": 0.15}
_VISIBILITY = (4.0, 30.0)
_COMPRESSED_VISIBILITY = (8.0, 40.0)  # compression removes faint targets
_AGC = ("percentile", "histogram", "plateau", "local")
_SIDES_OF_FRAME = ("left", "right", "top", "bottom")
_RETICLES = ("crosshair", "box", "bars", "scale")


def _some(rng: Rng, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(str, rng.choice(names, int(rng.integers(1, len(names) + 1)), replace=False)))


def _one(rng: Rng, names: tuple[str, ...]) -> str:
    return names[int(rng.integers(len(names)))]


def _log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


# Share of the frames with an artefact, and its settings.
_ARTEFACTS: tuple[tuple[float, Callable[[Rng], dict[str, Any]]], ...] = (
    (0.15, lambda rng: {"text": int(rng.integers(1, 5)), "overlay_smooth": rng.random() < 0.5}),
    (0.10, lambda rng: {"reticle": _some(rng, _RETICLES)}),
    (0.10, lambda rng: {"edge_line": int(rng.integers(1, 4)),
                        "edge_sides": _some(rng, _SIDES_OF_FRAME)}),
    (0.06, lambda rng: {"telemetry": int(rng.integers(1, 5)),
                        "telemetry_side": _one(rng, _SIDES_OF_FRAME)}),
    (0.06, lambda rng: {"border": int(rng.integers(2, 40)),
                        "border_sides": _some(rng, _SIDES_OF_FRAME),
                        "border_noise": float(rng.choice((0.0, 2.0)))}),
    (0.04, lambda rng: {"rotation": float(rng.uniform(-8, 8))}),
    (0.03, lambda rng: {"aperture": float(rng.uniform(0.85, 1.2))}),
    (0.03, lambda rng: {"sun": float(rng.uniform(3, 20))}),
    (0.04, lambda rng: {"saturation": float(rng.uniform(0.01, 0.2)),
                        "saturation_rail": _one(rng, ("low", "high"))}),
    (0.03, lambda rng: {"nodata": float(rng.uniform(0.01, 0.2)),
                        "nodata_shape": _one(rng, ("rectangles", "irregular"))}),
)  # fmt: skip
# The same for 8-bit frames only.
_VIDEO: tuple[tuple[float, Callable[[Rng], dict[str, Any]]], ...] = (
    (0.60, lambda rng: {"agc": _one(rng, _AGC),
                        "agc_detail": float(rng.choice((0.0, rng.uniform(0.5, 3.0))))}),
    (0.15, lambda rng: {"video_range": True}),
    (0.30, lambda rng: {"jpeg": int(rng.integers(25, 95))}),
)  # fmt: skip


def draw_camera(rng: Rng) -> SceneSettings:
    """Settings of one frame: the scene, its targets, the detector, and what the camera adds.

    A tenth of the targets are dark. Faint targets are as frequent as bright ones, per octave.
    """
    width = int(rng.integers(_SIDES[0], _SIDES[1] + 1))
    bits = int(rng.choice((8, 8, 8, 12, 14, 16)))
    artefacts: dict[str, Any] = {}
    for table in (_ARTEFACTS, _VIDEO if bits == 8 else ()):
        for share, draw in table:
            if rng.random() < share:
                artefacts |= draw(rng)
    well, fill = _log_uniform(rng, 1e6, 2e7), float(rng.uniform(0.3, 0.7))
    read_noise = _log_uniform(rng, 100, 1500)
    noise = float(np.hypot(np.sqrt(well * fill), read_noise))
    most = (0.9 * min(fill, 1 - fill) * well / noise - 40) / 4  # what the full well allows
    sharpest = _log_uniform(rng, 0.5, 2.3)
    empty = rng.random() < _EMPTY
    return SceneSettings.checked(
        width=width,
        height=round(width * float(rng.choice(_ASPECTS))),
        scene=str(rng.choice(list(_SCENES), p=list(_SCENES.values()))),
        beta=float(rng.uniform(2.0, 3.6)),
        clutter_to_noise=min(_log_uniform(rng, 1.5, 80), most),
        targets=(0, 0) if empty else (1, int(rng.integers(1, 7))),
        snr=(3, 40),
        visibility=_COMPRESSED_VISIBILITY if artefacts.get("jpeg") else _VISIBILITY,
        dark_fraction=0.1,
        psf_sigma=(sharpest, min(sharpest * rng.uniform(1.0, 1.5), 2.5)),
        min_separation=_SEPARATION,
        well_electrons=well,
        well_fill=fill,
        read_noise=read_noise,
        column_noise=abs(float(rng.normal(0, 0.6))),
        pixel_noise=abs(float(rng.normal(0, 0.4))),
        bad_pixels=_log_uniform(rng, 1e-5, 1e-3) if rng.random() < 0.3 else 0.0,
        bits=bits,
        artefacts=Artefacts.checked(**artefacts),
    )
