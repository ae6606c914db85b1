"""Simulated sequences: a moving camera, moving targets, a scene that evolves, a detector that does
not."""

from irpoint.badpixels.kinds import BadPixel
from irpoint.simulate.sequence.camera import Pose
from irpoint.simulate.sequence.sequence import SimulatedSequence, simulate_sequence
from irpoint.simulate.sequence.settings import SequenceSettings
from irpoint.simulate.sequence.truth import SequenceFrame, TrackedTarget
from irpoint.simulate.sequence.write import write_sequence

__all__ = [
    "BadPixel",
    "Pose",
    "SequenceFrame",
    "SequenceSettings",
    "SimulatedSequence",
    "TrackedTarget",
    "simulate_sequence",
    "write_sequence",
]
