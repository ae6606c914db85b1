"""Settings of a simulated sequence: :class:`SequenceSettings`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from irpoint.simulate.settings import SceneSettings

Motion = Literal["straight", "enter", "cross", "turn", "vanish"]
MOTIONS: tuple[Motion, ...] = get_args(Motion)
Speed = Annotated[float, Field(ge=-100, le=100)]


def _listed(value: Any) -> Any:
    """``"turn,cross"``, as written on a command line, is ``("turn", "cross")``."""
    return tuple(value.split(",")) if isinstance(value, str) else value


class SequenceSettings(SceneSettings):
    """Settings of a simulated sequence: those of a scene, and what moves in it.

    A sequence shows one scene. ``targets`` is the number of targets in the whole sequence, and
    ``snr`` the range of their mean signal-to-noise ratio over all positions within a pixel, without
    motion blur. ``min_separation`` has no effect, because targets cross. Times are in frames,
    lengths in pixels.

    Attributes:
        pan: speed of the image's centre over the scene, x and y, in pixels per frame.
        jitter: shaking of the line of sight, rms on each axis, in pixels.
        jitter_time: correlation time of the shaking in frames. Its spectrum is that of an
            exponential correlation.
        roll: speed of rotation about the image's centre in degrees per frame.
        roll_jitter: shaking about the image's centre, rms in degrees.
        exposure: fraction of the frame time during which light is collected, 0..1. Places are
            those at mid-exposure.
        motions: how targets move, in turn: ``straight`` crosses the frame, ``enter`` starts
            outside of it, ``cross`` passes over the target before it, ``turn`` turns by 60° to
            180°, ``vanish`` goes out for good.
        speed: minimum and maximum speed of targets over the scene in pixels per frame; drawn
            uniformly.
        behind: fraction of targets that are behind the clouds, the horizon and the ridges, and
            hidden while they are there. The others are in front of everything.
        wind: speed of the clouds over the scene at the middle of the frame, x and y, in pixels per
            frame.
        cloud_life: time in frames after which clouds of half the frame's size have changed shape.
        wave_period: period of the dominant waves of the sea in frames. Others follow the
            dispersion of deep water, in which the frequency grows with the root of the wave number.
        stuck_pixels: fraction of pixels that read a constant value within the range of the scene.
        blinking_pixels: fraction of pixels that switch between right and too high at random times
            (random telegraph signal).
        blinking_time: mean number of frames that they stay in a state.
        blinking_noise: minimum and maximum step of them over the temporal noise; drawn
            log-uniformly.
        bad_cluster: fraction of the hot, dead and stuck pixels that lie in clusters of two to nine.
        bad_noise: noise of hot and stuck pixels over the read noise.

    Raises:
        pydantic.ValidationError: if a value is out of range. :meth:`checked` raises a
            :class:`SettingsError` of one line instead.
    """

    pan: tuple[Speed, Speed] = (0.0, 0.0)
    jitter: float = Field(0.0, ge=0, le=50)
    jitter_time: float = Field(3.0, ge=0.1, le=1000)
    roll: float = Field(0.0, ge=-5, le=5)
    roll_jitter: float = Field(0.0, ge=0, le=5)
    exposure: float = Field(0.3, ge=0, le=1)
    motions: Annotated[tuple[Motion, ...], BeforeValidator(_listed), Field(min_length=1)] = MOTIONS
    speed: tuple[Annotated[float, Field(ge=0, le=50)], Annotated[float, Field(ge=0, le=50)]] = (
        0.2,
        2.0,
    )
    behind: float = Field(0.0, ge=0, le=1)
    wind: tuple[Speed, Speed] = (0.3, 0.05)
    cloud_life: float = Field(500.0, ge=10, le=1e6)
    wave_period: float = Field(60.0, ge=4, le=1e5)
    stuck_pixels: float = Field(0.0, ge=0, le=0.2)
    blinking_pixels: float = Field(0.0, ge=0, le=0.2)
    blinking_time: float = Field(20.0, ge=1, le=1e5)
    blinking_noise: tuple[
        Annotated[float, Field(gt=0, le=1000)], Annotated[float, Field(gt=0, le=1000)]
    ] = (15.0, 100.0)
    bad_cluster: float = Field(0.0, ge=0, le=1)
    bad_noise: float = Field(1.0, ge=0, le=100)

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        for name in ("speed", "blinking_noise"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: {low} is above {high}; give the lower value first")
        if self.visibility:
            raise ValueError("visibility: is for single frames; give snr")
        if self.artefacts.h264:
            raise ValueError("artefacts.h264: is for single frames; encode the sequence as video")
        return self

    @property
    def moves_camera(self) -> bool:
        """Whether the camera pans, shakes or rolls."""
        return bool(any(self.pan) or self.jitter or self.roll or self.roll_jitter)
