"""What the detector of a sequence sees, before noise: the scene and its targets, with motion blur.

Frame k is exposed about time k. What moves during the exposure is the mean of several samples,
which are at most half a pixel apart and symmetrical about mid-exposure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from irpoint.errors import SettingsError
from irpoint.psf import gaussian_psf_image
from irpoint.simulate.sequence.camera import Camera
from irpoint.simulate.sequence.resample import MARGIN, mean_of, shifted, turned
from irpoint.simulate.sequence.settings import SequenceSettings
from irpoint.simulate.sequence.tracks import Track
from irpoint.simulate.sequence.world import Extent, View, Window, World, build_world

Image = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

_MAX_PIXELS = 2**26  # of the scene
_STEP = 0.5  # pixels of motion between two samples of an exposure
_MAX_SAMPLES = 16


@dataclass(frozen=True, eq=False)
class Light:
    """The light of one target in a part of a frame.

    Attributes:
        part: rows and columns of the frame, or of what would be around it.
        electrons: float64 (h, w) there.
        uncovered: share of the light that the scene does not hide, 0..1.
    """

    part: tuple[slice, slice]
    electrons: Floats
    uncovered: float


@dataclass(frozen=True, eq=False)
class Exposure:
    """The scene during an exposure.

    Attributes:
        structure: float32 (H, W), radiance in the units of the scene.
        cover: what hides the light from far away, in a window of the scene.
        corner: (x, y), place of the window's first pixel in the scene.
    """

    structure: Image
    cover: Image
    corner: tuple[int, int]


class Optics:
    """Camera and scene of a sequence.

    Args:
        settings: of the sequence.
        count: number of frames.
        camera: how it moves.
        rng: source of the scene.

    Raises:
        SettingsError: if the camera sees too large a part of the scene.
    """

    def __init__(
        self, settings: SequenceSettings, count: int, camera: Camera, rng: np.random.Generator
    ) -> None:
        self.settings, self.camera = settings, camera
        self.world: World = build_world(_extent(settings, count, camera), settings, rng)

    def expose(self, frame: int) -> Exposure:
        """The scene as frame ``frame`` sees it, without targets."""
        times = self._samples(frame, self._corners())
        offsets, rolls = self.camera.poses(times)
        window, corner = self._window(times)
        view = self.world.view(window, float(frame))
        if rolls.any():
            origins = offsets + self.camera.centre - corner
            parts = [
                turned(view.structure, (x, y), roll, self.settings.shape)
                for (x, y), roll in zip(origins.tolist(), rolls.tolist(), strict=True)
            ]
        else:
            parts = [self._part(view, place) for place in (offsets - corner).tolist()]
        return Exposure(mean_of(parts), view.cover, corner)

    def light(self, track: Track, frame: int, exposure: Exposure) -> Light | None:
        """The light of a target in a frame; None if it is far outside of it."""
        times = self._samples(frame, track)
        xy = self.camera.to_frame(track.places(times), times)
        reach = math.ceil(6 * track.psf_sigma) + 1
        left, top = (np.floor(xy.min(axis=0)) - reach).astype(int).tolist()
        right, bottom = (np.ceil(xy.max(axis=0)) + reach + 1).astype(int).tolist()
        height, width = self.settings.shape
        if right <= 0 or bottom <= 0 or left >= width or top >= height or track.ends <= frame:
            return None
        peak = track.electrons / (2 * math.pi * track.psf_sigma**2) / len(xy)
        shape = bottom - top, right - left
        electrons = np.asarray(
            gaussian_psf_image(shape, xy - (left, top), track.psf_sigma, peak), np.float64
        )
        uncovered = 1.0
        if track.behind:
            total = electrons.sum()
            electrons = electrons * (1 - self._cover(exposure, frame, (left, top), shape))
            uncovered = float(np.clip(electrons.sum() / total, 0.0, 1.0))
        return Light((slice(top, bottom), slice(left, right)), electrons, uncovered)

    def _samples(self, frame: int, what: Track | Floats) -> Floats:
        """Times within the exposure of a frame between which ``what`` moves little.

        Args:
            frame: number of the frame.
            what: a target, or places (N, 2) in the frame that the scene passes.
        """
        half = self.settings.exposure / 2
        ends = np.array([frame - half, float(frame), frame + half])
        if isinstance(what, Track):
            xy = self.camera.to_frame(what.places(ends), ends)
            moved = np.abs(np.diff(xy, axis=0)).sum(axis=0).max()
        else:
            seen = [self.camera.to_scene(what, np.full(len(what), end)) for end in ends]
            moved = np.abs(np.diff(np.stack(seen), axis=0)).sum(axis=0).max()
        count = int(np.clip(math.ceil(moved / _STEP - 0.5), 1, _MAX_SAMPLES))
        return frame + self.settings.exposure * ((np.arange(count) + 0.5) / count - 0.5)

    def _corners(self) -> Floats:
        height, width = self.settings.shape
        return np.array([(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1.0)])

    def _window(self, times: Floats) -> tuple[Window, tuple[int, int]]:
        """The window of the scene that an exposure needs, and the place of its first pixel."""
        corners = self._corners()
        seen = np.concatenate(
            [self.camera.to_scene(corners, np.full(len(corners), time)) for time in times]
        )
        left, top = (np.floor(seen.min(axis=0) + 1e-9).astype(int) - MARGIN).tolist()
        right, bottom = (np.floor(seen.max(axis=0) + 1e-9).astype(int) + MARGIN + 1).tolist()
        extent = self.world.extent
        rows = slice(top - extent.top, bottom - extent.top)
        columns = slice(left - extent.left, right - extent.left)
        return Window(rows, columns), (left, top)

    def _part(self, view: View, place: list[float]) -> Image:
        """The part of a view whose first pixel lies at ``place`` in it."""
        height, width = self.settings.shape
        # Rounding errors must not shift what is at a whole pixel.
        x, y = (round(value, 9) for value in place)
        left, top = math.floor(x) - MARGIN, math.floor(y) - MARGIN
        rows = slice(top, top + height + 2 * MARGIN)
        columns = slice(left, left + width + 2 * MARGIN)
        return shifted(view.structure[rows, columns], x - math.floor(x), y - math.floor(y))

    def _cover(
        self, exposure: Exposure, frame: int, corner: tuple[int, int], shape: tuple[int, int]
    ) -> Floats:
        """How much of the light from far away is hidden in a part of the frame."""
        down, right = np.indices(shape)
        places = np.stack([right.ravel() + corner[0], down.ravel() + corner[1]], axis=-1)
        times = np.full(len(places), float(frame))
        x, y = (self.camera.to_scene(places.astype(float), times) - exposure.corner).T
        cover = ndimage.map_coordinates(exposure.cover, (y, x), order=1, mode="nearest")
        return np.asarray(cover.reshape(shape), dtype=np.float64)


def _extent(settings: SequenceSettings, count: int, camera: Camera) -> Extent:
    """The part of the scene that the camera sees in any of the frames."""
    half = settings.exposure / 2
    times = np.concatenate([np.arange(count) + end for end in (-half, 0.0, half)])
    height, width = settings.shape
    seen = [
        camera.to_scene(np.tile((x, y), (len(times), 1)), times)
        for x in (0.0, width - 1.0)
        for y in (0.0, height - 1.0)
    ]
    places = np.concatenate(seen)
    # Within an exposure, shaking may go slightly beyond its ends.
    margin = MARGIN + 2 + math.ceil(settings.jitter)
    left, top = (np.floor(places.min(axis=0)).astype(int) - margin).tolist()
    right, bottom = (np.ceil(places.max(axis=0)).astype(int) + margin + 1).tolist()
    size = (fft.next_fast_len(right - left, real=True), fft.next_fast_len(bottom - top))
    if size[0] * size[1] > _MAX_PIXELS:
        raise SettingsError(
            f"pan {settings.pan[0]:g},{settings.pan[1]:g} and roll {settings.roll:g}: in {count} "
            f"frames the camera sees {size[0]}x{size[1]} pixels of the scene, more than "
            f"{_MAX_PIXELS / 1e6:.0f} million; simulate fewer frames, or several sequences"
        )
    return Extent(left, top, size[0], size[1], settings.shape)
