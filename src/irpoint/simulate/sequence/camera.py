"""The line of sight of a camera that pans, shakes and rolls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.simulate.sequence.settings import SequenceSettings

Floats = npt.NDArray[np.float64]
_WAVES = 64  # of a shaking motion; enough that positions are nearly normal


class _Shaking:
    """A stationary random function of time with unit variance.

    A sum of sine waves of equal size, whose frequencies are drawn from the spectrum of an
    exponential correlation (a Lorentzian) below the Nyquist frequency of the frames. So it is known
    at any time, also within an exposure.
    """

    def __init__(self, correlation_time: float, rng: np.random.Generator) -> None:
        corner = 1.0 / (2 * np.pi * correlation_time)
        # Evenly spread quantiles of the truncated Lorentzian, each moved at random in its interval.
        share = (np.arange(_WAVES) + rng.random(_WAVES)) / _WAVES
        top = np.arctan(0.5 / corner)
        self.omega = 2 * np.pi * corner * np.tan(share * top)
        self.phase = rng.uniform(0, 2 * np.pi, _WAVES)

    def __call__(self, time: Floats) -> Floats:
        waves = np.cos(self.omega * time[..., None] + self.phase)
        return np.asarray(np.sqrt(2.0 / _WAVES) * waves.sum(axis=-1))


@dataclass(frozen=True)
class Pose:
    """Where the camera looks at one time.

    A point of the scene at ``w`` lies in the frame at ``R⁻¹(w − centre − offset) + centre``, where
    ``centre`` is that of the frame and R the rotation by ``roll``.

    Attributes:
        x, y: place in the scene of the frame's centre, minus its place at rest, in pixels.
        roll: rotation about the centre in degrees, from x to y.
    """

    x: float
    y: float
    roll: float


class Camera:
    """The pose of the camera at any time; times are in frames, frame k is at time k.

    Args:
        settings: how the camera moves.
        rng: source of the randomness.
    """

    def __init__(self, settings: SequenceSettings, rng: np.random.Generator) -> None:
        self.settings = settings
        self.centre = np.array([(settings.width - 1) / 2, (settings.height - 1) / 2])
        self._shaking = [_Shaking(settings.jitter_time, rng) for _ in range(3)]

    def poses(self, times: Floats) -> tuple[Floats, Floats]:
        """Offsets (N, 2) in pixels and rolls (N,) in degrees at times (N,)."""
        chosen = self.settings
        offset = np.asarray(chosen.pan) * times[:, None]
        if chosen.jitter:
            shaken = np.stack([shaking(times) for shaking in self._shaking[:2]], axis=-1)
            offset = offset + chosen.jitter * shaken
        roll = chosen.roll * times
        if chosen.roll_jitter:
            roll = roll + chosen.roll_jitter * self._shaking[2](times)
        return offset, roll

    def pose(self, time: float) -> Pose:
        """The pose at a time."""
        offset, roll = self.poses(np.array([time]))
        return Pose(float(offset[0, 0]), float(offset[0, 1]), float(roll[0]))

    def to_frame(self, places: Floats, times: Floats) -> Floats:
        """Places (N, 2) in the scene → places (N, 2) in the frame at times (N,)."""
        offset, roll = self.poses(times)
        x, y = (places - self.centre - offset).T
        cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        return np.asarray(np.stack([cos * x + sin * y, cos * y - sin * x], axis=-1) + self.centre)

    def to_scene(self, places: Floats, times: Floats) -> Floats:
        """Places (N, 2) in the frame at times (N,) → places (N, 2) in the scene."""
        offset, roll = self.poses(times)
        x, y = (places - self.centre).T
        cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        turned = np.stack([cos * x - sin * y, cos * y + sin * x], axis=-1)
        return np.asarray(turned + self.centre + offset)
