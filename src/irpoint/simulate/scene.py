"""One simulated frame with its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.points import Points
from irpoint.simulate.background import background_electrons
from irpoint.simulate.sensor import Counts, FixedPattern, digitise, draw_fixed_pattern, expose
from irpoint.simulate.settings import SceneKind, SceneSettings
from irpoint.simulate.targets import Target, draw_targets, target_electrons


@dataclass(frozen=True, eq=False)
class Scene:
    """A simulated frame and everything that is true of it.

    Attributes:
        frame: (height, width); uint8, or uint16 holding 12, 14 or 16 bits.
        points: the targets' true positions, score 1.
        targets: the same targets in the same order, with their ratios.
        background: float64 (height, width), electrons without targets and noise.
        kind: the kind of scene.
    """

    frame: Counts
    points: Points
    targets: tuple[Target, ...]
    background: npt.NDArray[np.float64]
    kind: SceneKind


def simulate_scene(
    settings: SceneSettings,
    rng: np.random.Generator,
    pattern: FixedPattern | None = None,
) -> Scene:
    """Simulate one frame: background, targets, exposure, conversion.

    Args:
        settings: what to simulate.
        rng: source of all the randomness.
        pattern: the detector array, to share it between the frames of one camera; a new one is
            drawn where not given.

    Raises:
        SettingsError: where the targets do not fit in the frame.
    """
    if pattern is None:
        pattern = draw_fixed_pattern(settings, rng)
    background, kind = background_electrons(settings, rng)
    targets = draw_targets(background, settings, rng)
    expected = np.maximum(background + target_electrons(settings.shape, targets), 0.0)
    frame = digitise(expose(expected, settings, pattern, rng), settings)
    points = Points.labels([(target.x, target.y) for target in targets])
    return Scene(frame, points, tuple(targets), background, kind)


def scene_rng(seed: int, index: int) -> np.random.Generator:
    """Randomness of frame ``index`` under ``seed``, whatever other frames there are."""
    return np.random.default_rng([seed, 1, index])


def camera_rng(seed: int) -> np.random.Generator:
    """Randomness of the detector array under ``seed``: one camera for all its frames."""
    return np.random.default_rng([seed, 0])
