"""What is remembered of each pixel over a sequence, in a fixed amount of memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.badpixels.motion import CameraMotion
from irpoint.badpixels.ring import sorted_ring
from irpoint.frames.levels import clip_to_levels
from irpoint.frames.scene import read_scene
from irpoint.points import Status

Image = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

# Deviations from the prediction beyond which a pixel is wrong in a frame, below which it is right.
_FAR, _NEAR = 5.0, 2.5
_ROUGHNESS = 0.85  # of the scene, over the part of the ring; noise alone gives 1
_CLIPPED = 0.02  # fraction of a frame at one end of the range, more than a detector has bad pixels
_LIMIT = 10.0  # to which deviations are clipped
_SPIKE = 0.2  # excess of the four neighbours over that of the pixel; the smallest lens has 0.23
_MIN_NOISE = 0.6  # counts of integer frames, about the deviation of rounding twice
MAX_CLUSTER = 12  # pixels; more of them that look as if they show no scene do not show one
_WINDOW = 7  # pixels; in which they are counted
_SAMPLE = np.s_[
    ::3, ::5
]  # the pixels from which the noise is estimated; few patterns have both steps


class PixelStatistics:
    """Counts and sums over the frames of a sequence.

    Attributes:
        frames: number of frames that count.
        high, low: uint32 (H, W), frames in which a pixel is too high, or too low, for its
            surroundings.
        spikes: uint32 (H, W), those of them in which its neighbours are not, so that it cannot be
            the image of a point.
        right: uint32 (H, W), frames in which it agrees with its surroundings, away from the ends of
            the range.
        pinned_low, pinned_high: uint32 (H, W), frames in which it is at the lowest or highest value
            of the frame, and its surroundings are not.
        total: float32 (H, W), sum of deviations.
        moved: float32 (H, W), sum of squared changes from frame to frame, in noise deviations.
        changes: uint32 (H, W), number of such changes.
        foreign: uint32 (H, W), frames in which it shows no scene.
        motion: how far the camera moves.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.frames = 0
        self.high, self.low, self.spikes, self.right = (_zeros(shape) for _ in range(4))
        self.pinned_low, self.pinned_high = _zeros(shape), _zeros(shape)
        self.changes, self.foreign = _zeros(shape), _zeros(shape)
        self.total, self.moved = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.motion = CameraMotion()
        self._counts: Image | None = None
        self._free: Mask | None = None
        self._frame: npt.NDArray[Any] | None = None

    def add(self, frame: npt.NDArray[Any]) -> Status | str:
        """Add a frame (H, W).

        Returns:
            ``ok``; or why it does not count: its status, or ``repeated`` if it equals the last one.
        """
        if self._frame is not None and np.array_equal(frame, self._frame):
            return "repeated"
        scene = read_scene(frame)
        if scene.status != "ok":
            return scene.status
        self._frame = frame
        counts = clip_to_levels(frame, *scene.levels)
        if scene.foreign is not None:
            self.foreign += scene.foreign
            hidden = _areas(scene.foreign)
            counts = np.where(hidden, scene.counts, counts)
        ring = sorted_ring(scene.counts)
        middle = (ring[3] + ring[4]) * np.float32(0.5)
        excess = counts - middle
        noise = _noise(excess, frame.dtype)
        # Where the scene has structure, a prediction is less certain. Of the two ends of the ring,
        # the narrower one counts, because up to three bad pixels may be at the other.
        spread = np.minimum(ring[6] - ring[3], ring[4] - ring[1])
        spread = np.maximum(spread * np.float32(_ROUGHNESS), np.float32(noise))
        deviation = np.clip(excess / spread, -_LIMIT, _LIMIT)
        at_low, at_high = _at_rails(frame)
        free = ~(at_low | at_high)
        if scene.foreign is not None:
            free &= ~hidden
        clipped = np.zeros(self.shape, bool)
        for rail in (at_low, at_high):
            if rail.mean() > _CLIPPED:  # then it is the scene that is saturated, with sharp edges
                clipped |= rail
        self._count(deviation, excess, counts, scene.counts, noise, ~clipped)
        self.right += free & (np.abs(deviation) < _NEAR)
        self.pinned_low += at_low & (ring[3] > counts)
        self.pinned_high += at_high & (ring[4] < counts)
        self._compare(counts, free, noise)
        self.motion.add(middle, 0.43 * noise)  # bad pixels, which never move, are not in it
        self.frames += 1
        return "ok"

    def _count(
        self,
        deviation: Image,
        excess: Image,
        counts: Image,
        scene: Image,
        noise: float,
        counted: Mask,
    ) -> None:
        self.high += (deviation > _FAR) & counted
        self.low += (deviation < -_FAR) & counted
        above, spread = _above_neighbours(counts, scene, noise)
        relative = above / spread * counted
        alone = np.abs(excess - above) < np.float32(_SPIKE) * np.abs(excess)
        self.spikes += (np.abs(relative) > _FAR) & alone
        self.total += np.clip(relative, -_LIMIT, _LIMIT, out=relative)

    def _compare(self, counts: Image, free: Mask, noise: float) -> None:
        if self._counts is not None and self._free is not None:
            step = counts - self._counts
            step /= np.float32(noise)
            both = free & self._free
            self.moved += np.where(both, np.minimum(step * step, np.float32(_LIMIT**2)), 0)
            self.changes += both
        self._counts, self._free = counts, free


def _above_neighbours(counts: Image, scene: Image, noise: float) -> tuple[Image, Image]:
    """How far each pixel is above its four neighbours in the scene, and how far they spread.

    Their mean leaves out the lowest and the highest, which may be bad.
    """
    padded = np.pad(scene, 1, mode="reflect")
    up, down, left, right = padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]
    low = np.minimum(np.minimum(up, down), np.minimum(left, right))
    high = np.maximum(np.maximum(up, down), np.maximum(left, right))
    above = counts - (up + down + left + right - low - high) * np.float32(0.5)
    return above, np.maximum((high - low) * np.float32(0.5), np.float32(noise))


def _areas(foreign: Mask) -> Mask:
    """Foreign pixels among many others; single ones and small clusters may be bad pixels."""
    share = ndimage.uniform_filter(foreign.astype(np.float32), _WINDOW, mode="nearest")
    return np.asarray(foreign & (share > MAX_CLUSTER / _WINDOW**2))


def _noise(excess: Image, dtype: np.dtype[Any]) -> float:
    """Robust standard deviation of a frame's pixels from their predictions."""
    sample = np.abs(excess[_SAMPLE])
    noise = 1.4826 * float(np.median(sample))
    if dtype.kind in "ui":
        return max(noise, _MIN_NOISE)
    return noise or float(sample.mean()) or 1.0


def _at_rails(frame: npt.NDArray[Any]) -> tuple[Mask, Mask]:
    """Pixels with the lowest value of the frame, and those with the highest."""
    return np.asarray(frame == np.nanmin(frame)), np.asarray(frame == np.nanmax(frame))


def _zeros(shape: tuple[int, int]) -> npt.NDArray[np.uint32]:
    return np.zeros(shape, np.uint32)
