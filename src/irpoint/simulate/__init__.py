"""Simulated infrared frames with targets at known sub-pixel positions."""

from irpoint.simulate.artefacts import Artefacts, add_artefacts, compress_video, hidden_share
from irpoint.simulate.scene import Scene, camera_rng, scene_rng, simulate_scene
from irpoint.simulate.sensor import FixedPattern, draw_fixed_pattern
from irpoint.simulate.sequence import (
    BadPixel,
    Pose,
    SequenceFrame,
    SequenceSettings,
    SimulatedSequence,
    TrackedTarget,
    simulate_sequence,
    write_sequence,
)
from irpoint.simulate.settings import SceneSettings
from irpoint.simulate.spectrum import power_law_field
from irpoint.simulate.targets import Target

__all__ = [
    "Artefacts",
    "BadPixel",
    "FixedPattern",
    "Pose",
    "Scene",
    "SceneSettings",
    "SequenceFrame",
    "SequenceSettings",
    "SimulatedSequence",
    "Target",
    "TrackedTarget",
    "add_artefacts",
    "camera_rng",
    "compress_video",
    "draw_fixed_pattern",
    "hidden_share",
    "power_law_field",
    "scene_rng",
    "simulate_scene",
    "simulate_sequence",
    "write_sequence",
]
