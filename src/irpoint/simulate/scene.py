"""Simulate one frame with its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.points import Points
from irpoint.simulate.artefacts import add_artefacts, hidden_share
from irpoint.simulate.artefacts.canvas import Frame, Mask
from irpoint.simulate.background import background_electrons
from irpoint.simulate.sensor import FixedPattern, digitise, draw_fixed_pattern, expose
from irpoint.simulate.settings import SceneKind, SceneSettings
from irpoint.simulate.targets import Target, draw_targets, target_electrons


@dataclass(frozen=True, eq=False)
class Scene:
    """A simulated frame and its truth.

    Attributes:
        frame: (height, width); uint8, or uint16 with 12, 14 or 16 bits; float32 if an artefact
            makes it so.
        points: true positions of the targets, with a score of 1.
        targets: the same targets in the same order, with signal-to-noise ratio and width.
        background: float64 (height, width) in electrons, without targets and noise.
        kind: kind of scene.
        mask: bool (height, width), true for pixels that an artefact covers.
        hidden: targets that are not in ``targets`` and ``points``, because at least half of their
            light falls on such pixels.
    """

    frame: Frame
    points: Points
    targets: tuple[Target, ...]
    background: npt.NDArray[np.float64]
    kind: SceneKind
    mask: Mask
    hidden: tuple[Target, ...] = ()


def simulate_scene(
    settings: SceneSettings,
    rng: np.random.Generator,
    pattern: FixedPattern | None = None,
) -> Scene:
    """Simulate one frame: background, targets, exposure, digitisation, artefacts.

    Args:
        settings: what to simulate.
        rng: source of all randomness.
        pattern: fixed pattern of the detector array, shared by all frames of a camera. By default,
            a new one is drawn.

    Raises:
        SettingsError: if the targets do not fit in the frame, or a value of an artefact does not
            fit in its type.
    """
    if pattern is None:
        pattern = draw_fixed_pattern(settings, rng)
    background, kind = background_electrons(settings, rng)
    targets = draw_targets(background, settings, rng)
    expected = np.maximum(background + target_electrons(settings.shape, targets), 0.0)
    counts = digitise(expose(expected, settings, pattern, rng), settings)
    frame, mask = add_artefacts(
        counts,
        settings.artefacts,
        rng,
        settings.adc_bits if settings.artefacts.from_counts else settings.bits,
    )
    hidden = tuple(t for t in targets if hidden_share((t.x, t.y), mask, t.psf_sigma) >= 0.5)
    visible = tuple(target for target in targets if target not in hidden)
    points = Points.labels([(target.x, target.y) for target in visible])
    return Scene(frame, points, visible, background, kind, mask, hidden)


def scene_rng(seed: int, index: int) -> np.random.Generator:
    """Random generator of frame ``index``. It does not depend on other frames."""
    return np.random.default_rng([seed, 1, index])


def camera_rng(seed: int) -> np.random.Generator:
    """Random generator of the detector array that all frames of a dataset share."""
    return np.random.default_rng([seed, 0])
