"""Simulated sequences for tests of what needs one."""

from __future__ import annotations

from typing import Any

import numpy as np

from irpoint.simulate import SequenceSettings, SimulatedSequence

# A scene in which bad pixels of every kind must be found, while targets and camera move.
MOVING: dict[str, Any] = {
    "width": 128,
    "height": 96,
    "scene": "clutter",
    "pan": (1.0, 0.2),
    "targets": (3, 3),
    "snr": (10, 40),
    "bad_pixels": 0.003,
    "stuck_pixels": 0.001,
    "blinking_pixels": 0.001,
    "bad_cluster": 0.2,
}


def moving_sequence(count: int = 80, seed: int = 5, **values: Any) -> SimulatedSequence:
    """A sequence of :data:`MOVING`, with other values."""
    return SimulatedSequence(SequenceSettings.checked(**MOVING | values), count, seed)


def frames_of(sequence: SimulatedSequence) -> list[np.ndarray]:
    """All frames of a sequence."""
    return [shown.frame for shown in sequence]
