"""How targets move through the scene of a sequence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from irpoint.psf import pixel_share
from irpoint.simulate.sequence.camera import Camera
from irpoint.simulate.sequence.settings import Motion, SequenceSettings

Floats = npt.NDArray[np.float64]
_PHASES = np.linspace(-0.4, 0.4, 5)  # positions within a pixel


@dataclass(frozen=True, eq=False)
class Track:
    """The path of one target over the scene, and its light.

    It flies straight, except that it turns at a constant rate for some time.

    Attributes:
        number: number of the track, from 1.
        motion: how it moves.
        anchor: (2,) place in the scene at ``time``, in pixels.
        time: frame to which ``anchor`` and ``velocity`` belong.
        velocity: (2,) pixels per frame.
        turning: first and last frame of the turn; both are ``time`` or later.
        rate: angle of the turn per frame in radians, from x to y.
        ends: frame from which it emits no light.
        behind: whether clouds, the horizon and ridges hide it.
        psf_sigma: standard deviation of its point spread function in pixels.
        electrons: charge that it adds to a frame; negative for a dark target.
    """

    number: int
    motion: Motion
    anchor: Floats
    time: float
    velocity: Floats
    psf_sigma: float
    electrons: float
    behind: bool
    turning: tuple[float, float] = (0.0, 0.0)
    rate: float = 0.0
    ends: float = np.inf

    def places(self, times: Floats) -> Floats:
        """Places (N, 2) in the scene at times (N,)."""
        if not self.rate:
            return np.asarray(self.anchor + self.velocity * (times - self.time)[:, None])
        # Velocity as a complex number; its integral over the time before, in and after the turn.
        v = complex(*self.velocity)
        start, end = self.turning
        before = np.minimum(times, start) - self.time
        within = np.clip(times, start, end) - start
        after = np.maximum(times - end, 0.0)
        turned = np.exp(1j * self.rate * within)
        path = v * before + v * (turned - 1) / (1j * self.rate) + v * turned * after
        return np.asarray(self.anchor + np.stack([path.real, path.imag], axis=-1))


@dataclass(frozen=True, eq=False)
class _Draw:
    """What the motion models need: a plain track, which they change."""

    track: Track
    earlier: list[Track]
    settings: SequenceSettings
    camera: Camera
    count: int
    rng: np.random.Generator


def _inside(draw: _Draw) -> Floats:
    """A place in the frame, at least a tenth of its size from the border."""
    size = np.array([draw.settings.width, draw.settings.height]) - 1.0
    return draw.rng.uniform(0.1, 0.9, 2) * size


def _in_scene(draw: _Draw, place: Floats, time: float) -> Floats:
    return np.asarray(draw.camera.to_scene(place[None], np.array([time]))[0])


def _straight(draw: _Draw) -> Track:
    """Through a place in the frame at a random time."""
    time = draw.rng.uniform(0, max(draw.count - 1, 0))
    return replace(draw.track, anchor=_in_scene(draw, _inside(draw), time), time=time)


def _enter(draw: _Draw) -> Track:
    """From outside, over a side of the frame, in the first half of the sequence."""
    settings, rng = draw.settings, draw.rng
    time = rng.uniform(0.05, 0.5) * max(draw.count - 1, 0)
    drift = draw.track.velocity - np.asarray(settings.pan)  # over the frame
    if not drift.any():
        return replace(_straight(draw), motion="straight")
    axis = int(rng.random() < abs(drift[1]) / np.abs(drift).sum())
    place = _inside(draw)
    place[axis] = -0.5 if drift[axis] > 0 else (settings.width, settings.height)[axis] - 0.5
    return replace(draw.track, anchor=_in_scene(draw, place, time), time=time)


def _cross(draw: _Draw) -> Track:
    """Over the place of the track before it, in the middle half of the sequence."""
    if not draw.earlier:
        return _straight(draw)
    other = draw.earlier[-1]
    time = draw.rng.uniform(0.25, 0.75) * max(draw.count - 1, 0)
    times = np.array([time])
    place = draw.camera.to_frame(other.places(times), times)[0]
    size = np.array([draw.settings.width, draw.settings.height]) - 1.0
    if (place < 0).any() or (place > size).any() or time >= other.ends:
        # Meet it while it is in the frame: at its own anchor.
        time, times = other.time, np.array([other.time])
    anchor = other.places(times)[0] + draw.rng.normal(0, 0.2, 2)
    return replace(draw.track, anchor=anchor, time=time)


def _turn(draw: _Draw) -> Track:
    """Straight, then a turn by 60° to 180° about the middle of the sequence, then straight."""
    rng, last = draw.rng, max(draw.count - 1, 0)
    start = rng.uniform(0.2, 0.5) * last
    length = max(rng.uniform(0.1, 0.4) * last, 1.0)
    angle = np.radians(rng.uniform(60, 180)) * rng.choice((-1, 1))
    anchor = _in_scene(draw, _inside(draw), start)
    turning = start, start + length
    return replace(draw.track, anchor=anchor, time=start, turning=turning, rate=angle / length)


def _vanish(draw: _Draw) -> Track:
    """Through a place in the frame, in which it goes out, in the second half of the sequence."""
    time = float(np.ceil(draw.rng.uniform(0.5, 0.9) * draw.count))
    track = replace(draw.track, anchor=_in_scene(draw, _inside(draw), time), time=time)
    return replace(track, ends=time)


_MODELS: dict[Motion, Callable[[_Draw], Track]] = {
    "straight": _straight,
    "enter": _enter,
    "cross": _cross,
    "turn": _turn,
    "vanish": _vanish,
}


def mean_share(sigma: float) -> float:
    """Share of a target's light on its brightest pixel, on average over places within a pixel."""
    shares = [pixel_share((x, y), sigma) for x in _PHASES for y in _PHASES]
    return float(np.mean(shares))


def draw_tracks(
    settings: SequenceSettings, camera: Camera, count: int, rng: np.random.Generator
) -> list[Track]:
    """Draw the targets of a sequence of ``count`` frames."""
    low, high = settings.targets
    tracks: list[Track] = []
    for number in range(int(rng.integers(low, high + 1))):
        motion = settings.motions[number % len(settings.motions)]
        heading, speed = rng.uniform(0, 2 * np.pi), rng.uniform(*settings.speed)
        velocity = speed * np.array([np.cos(heading), np.sin(heading)])
        sigma = float(rng.uniform(*settings.psf_sigma))
        snr = float(np.exp(rng.uniform(*np.log(settings.snr))))
        sign = -1.0 if rng.uniform() < settings.dark_fraction else 1.0
        electrons = sign * snr * settings.noise_electrons / mean_share(sigma)
        behind = bool(rng.uniform() < settings.behind)
        plain = Track(number + 1, motion, np.zeros(2), 0.0, velocity, sigma, electrons, behind)
        draw = _Draw(plain, tracks, settings, camera, count, rng)
        tracks.append(_MODELS[motion](draw))
    return tracks
