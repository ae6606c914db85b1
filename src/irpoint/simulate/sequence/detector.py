"""The detector of a sequence: what is fixed in it, what blinks, and what is new in each frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from irpoint.badpixels.kinds import BadPixel
from irpoint.simulate.sequence.settings import SequenceSettings

Image = npt.NDArray[np.float32]
# Above this mean number of electrons, shot noise is drawn from a normal distribution, which is
# several times faster. Its skewness is then below 0.01.
_NORMAL_FROM = 1e4


@dataclass(frozen=True, eq=False)
class Detector:
    """Errors of a detector array that stay over a sequence.

    Attributes:
        kinds: uint8 (H, W), the :class:`BadPixel` of each pixel.
        offset: float32 (H, W), electrons added to each pixel.
        stuck: float32 (H, W), electrons that a dead, hot or stuck pixel reads.
        blinking: flat indices (B,) of the blinking pixels.
        step: float32 (B,), electrons that each of them adds while it reads too much.
        states: bool (frames, B), whether it does.
    """

    kinds: npt.NDArray[np.uint8]
    offset: Image
    stuck: Image
    blinking: npt.NDArray[np.intp]
    step: Image
    states: npt.NDArray[np.bool_]

    @property
    def bad(self) -> npt.NDArray[np.bool_]:
        """bool (H, W), whether a pixel is bad in any way."""
        return np.asarray(self.kinds != BadPixel.GOOD)

    def expose(
        self,
        electrons: Image,
        frame: int,
        settings: SequenceSettings,
        rng: np.random.Generator,
    ) -> Image:
        """One exposure: shot noise, read noise, fixed pattern, bad pixels.

        Args:
            electrons: float32 (H, W), expected charge without noise, >= 0.
            frame: number of the frame.
            settings: provides read noise and full well.
            rng: source of the temporal noise.

        Returns:
            float32 (H, W) in electrons, within 0..well_electrons.
        """
        noise = rng.standard_normal(electrons.shape, dtype=np.float32)
        read = np.float32(settings.read_noise)
        held = (self.kinds == BadPixel.HOT) | (self.kinds == BadPixel.STUCK)
        own = noise[held]
        if settings.well_fill * settings.well_electrons < _NORMAL_FROM:
            charge = rng.poisson(electrons).astype(np.float32) + read * noise
        else:
            charge = electrons + noise * np.sqrt(electrons + read * read)
        charge += self.offset
        charge[held] = self.stuck[held] + np.float32(settings.bad_noise) * read * own
        charge[self.kinds == BadPixel.DEAD] = 0.0
        charge.ravel()[self.blinking] += self.step * self.states[frame]
        return np.clip(charge, 0.0, np.float32(settings.well_electrons), out=charge)


def draw_detector(settings: SequenceSettings, count: int, rng: np.random.Generator) -> Detector:
    """Draw the detector of a sequence of ``count`` frames."""
    noise, shape = settings.noise_electrons, settings.shape
    columns = rng.standard_normal((1, shape[1])) * (settings.column_noise * noise)
    offset = columns + rng.standard_normal(shape) * (settings.pixel_noise * noise)
    kinds = _draw_kinds(settings, rng)
    mean, full = settings.well_fill * settings.well_electrons, settings.well_electrons
    stuck = np.zeros(shape)
    hot, middle = kinds == BadPixel.HOT, kinds == BadPixel.STUCK
    stuck[hot] = rng.uniform(mean, full, int(hot.sum()))
    spread = max(settings.clutter_to_noise, 3.0) * noise
    stuck[middle] = mean + rng.uniform(-2, 2, int(middle.sum())) * spread
    blinking = np.flatnonzero(kinds == BadPixel.BLINKING)
    low, high = np.log(settings.blinking_noise)
    step = noise * np.exp(rng.uniform(low, high, blinking.size))
    return Detector(
        kinds,
        offset.astype(np.float32),
        stuck.astype(np.float32),
        blinking,
        step.astype(np.float32),
        _telegraph(count, blinking.size, settings.blinking_time, rng),
    )


def _draw_kinds(settings: SequenceSettings, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """The kind of each pixel (H, W): single bad pixels, and clusters of one kind."""
    height, width = settings.shape
    pixels = height * width
    kinds = np.zeros(pixels, np.uint8)
    half = round(settings.bad_pixels * pixels / 2)
    wanted = {
        BadPixel.DEAD: round(settings.bad_pixels * pixels) - half,
        BadPixel.HOT: half,
        BadPixel.STUCK: round(settings.stuck_pixels * pixels),
    }
    for kind, number in wanted.items():
        clustered = round(settings.bad_cluster * number)
        while clustered > 0:
            top, left = rng.integers(height - 2), rng.integers(width - 2)
            within = rng.permutation(9)[: min(int(rng.integers(2, 10)), clustered)]
            at = (top + within // 3) * width + left + within % 3
            clustered -= int((kinds[at] == BadPixel.GOOD).sum())
            kinds[at] = kind
        missing = number - int((kinds == kind).sum())
        free = np.flatnonzero(kinds == BadPixel.GOOD)
        kinds[rng.choice(free, max(missing, 0), replace=False)] = kind
    free = np.flatnonzero(kinds == BadPixel.GOOD)
    blinking = round(settings.blinking_pixels * pixels)
    kinds[rng.choice(free, blinking, replace=False)] = BadPixel.BLINKING
    return kinds.reshape(height, width)


def _telegraph(
    count: int, pixels: int, dwell: float, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Random telegraph signals (count, pixels) that stay ``dwell`` frames on average."""
    states = np.empty((count, pixels), bool)
    state = rng.random(pixels) < 0.5
    for frame in range(count):
        states[frame] = state
        state = state ^ (rng.random(pixels) < 1.0 / dwell)
    return states
