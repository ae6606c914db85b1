"""Simulate a sequence: frames of one scene, with the truth of each."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from irpoint.errors import SettingsError
from irpoint.simulate.artefacts import add_artefacts, hidden_share
from irpoint.simulate.artefacts.canvas import Frame, Mask
from irpoint.simulate.sensor import AGC_MIN_SPAN, to_grey
from irpoint.simulate.sequence.camera import Camera
from irpoint.simulate.sequence.detector import draw_detector
from irpoint.simulate.sequence.gain import SmoothGain
from irpoint.simulate.sequence.render import Exposure, Light, Optics
from irpoint.simulate.sequence.settings import SequenceSettings
from irpoint.simulate.sequence.tracks import Track, draw_tracks
from irpoint.simulate.sequence.truth import SequenceFrame, TrackedTarget
from irpoint.simulate.targets import surroundings

Image = npt.NDArray[np.float32]

# What each stream of random numbers is for; the seed comes first, for noise the frame last.
_CAMERA, _SCENE, _TARGETS, _DETECTOR, _NOISE, _ARTEFACTS = range(10, 16)


class SimulatedSequence:
    """The frames of a simulated sequence, each made when it is asked for.

    A frame depends on settings, count, seed and its number only: frames may be made in any order,
    in several processes, and again.

    Args:
        settings: what to simulate.
        count: number of frames, >= 1.
        seed: random seed, >= 0.

    Attributes:
        detector: what is fixed in the detector, and the truth of its bad pixels.
        tracks: the paths of the targets over the scene.
        camera: the pose of the camera at any time.

    Raises:
        SettingsError: if ``count`` or ``seed`` is out of range, or the camera sees too large a part
            of the scene.
    """

    def __init__(self, settings: SequenceSettings, count: int, seed: int = 0) -> None:
        if count < 1 or seed < 0:
            raise SettingsError(f"frames {count}, seed {seed}: give frames >= 1 and seed >= 0")
        self.settings, self.seed, self._count = settings, seed, count
        self.camera = Camera(settings, self._rng(_CAMERA))
        self._optics = Optics(settings, count, self.camera, self._rng(_SCENE))
        self.tracks = draw_tracks(settings, self.camera, count, self._rng(_TARGETS))
        self.detector = draw_detector(settings, count, self._rng(_DETECTOR))
        first = self._optics.expose(0).structure
        deviation = float(first.std()) or 1.0
        self._gain = settings.clutter_to_noise * settings.noise_electrons / deviation
        self._mean = settings.well_fill * settings.well_electrons - float(first.mean()) * self._gain
        noise = settings.noise_electrons / settings.electrons_per_count
        self._levels = SmoothGain(self._counts_without_noise, AGC_MIN_SPAN * noise)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[SequenceFrame]:
        return (self[index] for index in range(self._count))

    def __getitem__(self, index: int) -> SequenceFrame:
        """Frame ``index``, counted from 0; negative numbers count from the end.

        Raises:
            IndexError: if there is no such frame.
        """
        number = index + self._count if index < 0 else index
        if not 0 <= number < self._count:
            raise IndexError(f"frame {index} of a sequence of {self._count}")
        exposure = self._optics.expose(number)
        background = self._electrons(exposure)
        lights = {track: self._optics.light(track, number, exposure) for track in self.tracks}
        expected = background.copy()
        for light in lights.values():
            _add(expected, light)
        np.maximum(expected, 0, out=expected)
        charge = self.detector.expose(expected, number, self.settings, self._rng(_NOISE, number))
        frame, mask = self._delivered(charge, number)
        targets = [
            self._truth(track, light, number, background, mask)
            for track, light in lights.items()
            if light is not None
        ]
        return SequenceFrame(
            number,
            frame,
            tuple(target for target in targets if target is not None),
            self.camera.pose(float(number)),
            background,
            self._optics.world.kind,
            mask,
        )

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *stream])

    def _electrons(self, exposure: Exposure) -> Image:
        electrons = exposure.structure * np.float32(self._gain)
        electrons += np.float32(self._mean)
        full = np.float32(self.settings.well_electrons)
        return np.clip(electrons, np.float32(0), full, out=electrons)

    def _counts_without_noise(self, number: int) -> Image:
        electrons = self._electrons(self._optics.expose(min(number, self._count - 1)))
        electrons += self.detector.offset
        return electrons[::2, ::2] / np.float32(self.settings.electrons_per_count)

    def _delivered(self, charge: Image, number: int) -> tuple[Frame, Mask]:
        """The frame that leaves the camera, and where artefacts cover it."""
        settings = self.settings
        counts = np.rint(charge * np.float32(1 / settings.electrons_per_count))
        linear = settings.bits != 8 or settings.artefacts.from_counts
        frame: Frame = (
            counts.astype(np.uint16) if linear else to_grey(counts, *self._levels.levels(number))
        )
        bits = settings.adc_bits if settings.artefacts.from_counts else settings.bits
        return add_artefacts(frame, settings.artefacts, self._rng(_ARTEFACTS), bits, number)

    def _truth(
        self, track: Track, light: Light, number: int, background: Image, mask: Mask
    ) -> TrackedTarget | None:
        """The truth of a target in a frame; None if its place is outside."""
        half = max(self.settings.exposure, 1e-3) / 2
        times = np.array([number - half, float(number), number + half])
        before, at, after = self.camera.to_frame(track.places(times), times)
        x, y = at.tolist()
        height, width = background.shape
        column, row = round(x), round(y)
        if not (0 <= column < width and 0 <= row < height):
            return None
        signal = float(np.abs(light.electrons).max())
        settings = self.settings
        noise = math.hypot(math.sqrt(background[row, column]), settings.read_noise)
        pattern = settings.noise_electrons * math.hypot(settings.column_noise, settings.pixel_noise)
        clutter = float(surroundings(background, row, column).std())
        vx, vy = ((after - before) / (2 * half)).tolist()
        overlaid = hidden_share((x, y), mask, track.psf_sigma) if mask.any() else 0.0
        return TrackedTarget(
            track.number,
            x,
            y,
            vx,
            vy,
            signal / noise,
            signal / math.sqrt(noise**2 + pattern**2 + clutter**2),
            track.psf_sigma,
            track.electrons,
            light.uncovered * (1 - overlaid),
            track.motion,
        )


def _add(expected: Image, light: Light | None) -> None:
    """Add the light of a target to a frame."""
    if light is None:
        return
    rows, columns = light.part
    top, left = max(0, rows.start), max(0, columns.start)
    bottom, right = min(rows.stop, expected.shape[0]), min(columns.stop, expected.shape[1])
    inner = np.s_[
        top - rows.start : bottom - rows.start, left - columns.start : right - columns.start
    ]
    expected[top:bottom, left:right] += light.electrons[inner]


def simulate_sequence(
    settings: SequenceSettings, count: int, seed: int = 0
) -> Iterator[SequenceFrame]:
    """Simulate a sequence frame by frame.

    Args:
        settings: what to simulate.
        count: number of frames, >= 1.
        seed: random seed, >= 0. The same seed gives the same frames.

    Returns:
        The frames in order, each made when it is asked for. :class:`SimulatedSequence` makes them
        in any order.

    Raises:
        SettingsError: as :class:`SimulatedSequence`.
    """
    return iter(SimulatedSequence(settings, count, seed))
