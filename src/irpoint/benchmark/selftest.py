"""The self-test: detect the targets of a simulated frame, whose positions are known."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from irpoint.evaluation.matching import match
from irpoint.runtime.detector import Detector
from irpoint.simulate import SceneSettings, scene_rng, simulate_scene

# Bright targets in a clear sky, all of which every shipped model finds.
SCENE = SceneSettings(
    width=512, height=512, scene="clear", targets=(4, 4), snr=(30.0, 30.0), min_separation=60.0
)
_SEED = 7
_RADIUS_PX = 3.0
_RUNS = 5


@dataclass(frozen=True)
class SelfTest:
    """Result of the self-test.

    Attributes:
        targets: number of targets in the frame.
        found: number of targets with a point within 3 px.
        false_points: number of points that match no target.
        milliseconds: time per frame, the median of five calls after a warm-up.
    """

    targets: int
    found: int
    false_points: int
    milliseconds: float

    @property
    def passed(self) -> bool:
        """Whether every target was found and there is no false point."""
        return self.found == self.targets and self.false_points == 0


def self_test(detector: Detector) -> SelfTest:
    """Detect the targets of the simulated frame, compare with its truth, and measure the time."""
    scene = simulate_scene(SCENE, scene_rng(_SEED, 0))
    points = detector(scene.frame)
    times = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        detector(scene.frame)
        times.append(1e3 * (time.perf_counter() - start))
    found = len(match(scene.points.xy, points.xy, _RADIUS_PX))
    return SelfTest(len(scene.points), found, len(points) - found, statistics.median(times))
